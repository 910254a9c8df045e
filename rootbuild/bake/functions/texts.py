"""Functions on text."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable

from rootbuild.bake.functions.signature import Function
from rootbuild.bake.nodes import Value
from rootbuild.bake.values import Unfit, as_number, as_string, as_whole

_VERB = re.compile(r"%(?:\[(\d+)\])?([-+# 0]*)(\d+)?(?:\.(\d+))?(\[\d+\])?([a-zA-Z%])")
_GROUP = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


def _format(form: str, *args: Value) -> str:
    """Go's Printf, as far as values of definitions need it."""
    left = itertools.count()

    def one(match: re.Match[str]) -> str:
        index, flags, width, precision, _, verb = match.groups()
        if verb == "%":
            return "%"
        at = int(index) - 1 if index else next(left)
        if at >= len(args):
            raise Unfit(f"not enough arguments for {match.group(0)!r}")
        text = _verb(verb, args[at], flags, precision)
        if not width:
            return text
        if "0" in flags and "-" not in flags and verb not in "sqv":
            return text.zfill(int(width))
        return text.ljust(int(width)) if "-" in flags else text.rjust(int(width))

    found = _VERB.sub(one, form)
    if args and next(left) < len(args) and "%[" not in form:
        raise Unfit("there are more arguments than the format has verbs")
    return found


def _verb(verb: str, value: Value, flags: str, precision: str | None) -> str:
    sign = "+" if "+" in flags else ""
    if verb in "dboxX":
        return format(as_whole(value), sign + verb)
    if verb in "eEfgG":
        return format(float(as_number(value)), f"{sign}.{precision or 6}{verb}")
    if verb == "t":
        return as_string(value)
    if verb in "sqv":
        text = _any(value)
        text = text if precision is None else text[: int(precision)]
        return f'"{text}"' if verb == "q" else text
    raise Unfit(f'unsupported format verb "%{verb}"')


def _any(value: Value) -> str:
    import json

    if isinstance(value, (list, dict)):
        return json.dumps(value, separators=(",", ":"))
    return "null" if value is None else as_string(value)


def _format_list(form: str, *args: Value) -> list[Value]:
    lists = [arg for arg in args if isinstance(arg, list)]
    size = len(lists[0]) if lists else 1
    if any(len(found) != size for found in lists):
        raise Unfit("all lists must have the same length")
    rows = ([arg[at] if isinstance(arg, list) else arg for arg in args] for at in range(size))
    return [_format(form, *row) for row in rows]


def _join(separator: str, *lists: list[Value]) -> str:
    return separator.join(as_string(item) for found in lists for item in found)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text.replace(r"\z", r"\Z"))
    except re.error as error:
        raise Unfit(f"invalid regexp pattern: {error}") from None


def _matched(match: re.Match[str]) -> Value:
    if match.re.groupindex:
        return dict(match.groupdict())
    return list(match.groups()) if match.re.groups else match.group(0)


def _regex(pattern: str, text: str) -> Value:
    match = _pattern(pattern).search(text)
    if match is None:
        raise Unfit("pattern did not match any part of the given string")
    return _matched(match)


def _regex_replace(text: str, pattern: str, by: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            name = reference.group(1) or reference.group(2)
            if name is None:
                return "$"
            try:
                return match.group(int(name) if name.isdigit() else name) or ""
            except IndexError:
                return ""

        return _GROUP.sub(group, by)

    return _pattern(pattern).sub(replaced, text)


def _split(separator: str, text: str) -> list[Value]:
    return list(text.split(separator) if separator else text)


def _substr(text: str, offset: int, length: int) -> str:
    start = max(offset + len(text), 0) if offset < 0 else offset
    return text[start:] if length < 0 else text[start : start + length]


def _bytes_slice(text: str, offset: int, length: int) -> str:
    return text.encode()[offset : offset + length].decode(errors="replace")


def _title(text: str) -> str:
    return re.sub(r"(^|\s)(\S)", lambda match: match.group(1) + match.group(2).upper(), text)


def _dirname(path: str) -> str:
    return posixpath.normpath(posixpath.dirname(path) or ".")


def _stripped(strip: Callable[[str, str], str]) -> Function:
    return Function("ss", strip)


FUNCTIONS = {
    "basename": Function(
        "s", lambda path: posixpath.basename(path.rstrip("/")) or (path and "/") or "."
    ),
    "byteslen": Function("s", lambda text: len(text.encode())),
    "bytesslice": Function("sii", _bytes_slice),
    "chomp": Function("s", lambda text: text.rstrip("\r\n")),
    "dirname": Function("s", _dirname),
    "format": Function("s*a", _format),
    "formatlist": Function("s*a", _format_list),
    "indent": Function("is", lambda size, text: text.replace("\n", "\n" + " " * size)),
    "join": Function("s*l", _join),
    "lower": Function("s", str.lower),
    "regex": Function("ss", _regex),
    "regex_replace": Function("sss", _regex_replace),
    "regexall": Function("ss", lambda p, text: [_matched(m) for m in _pattern(p).finditer(text)]),
    "replace": Function("sss", lambda text, old, new: text.replace(old, new)),
    "reverse": Function("s", lambda text: text[::-1]),
    "sanitize": Function("s", lambda text: re.sub(r"[^a-zA-Z0-9_-]", "_", text)),
    "split": Function("ss", _split),
    "strlen": Function("s", len),
    "substr": Function("sii", _substr),
    "title": Function("s", _title),
    "trim": _stripped(str.strip),
    "trimprefix": _stripped(str.removeprefix),
    "trimspace": Function("s", str.strip),
    "trimsuffix": _stripped(str.removesuffix),
    "upper": Function("s", str.upper),
}

"""Functions of templates: Go's own, and those that Docker adds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rootbuild.template.values import Value, as_json, shown, truth

_VERB = re.compile(r"%(?:(%)|([-+# 0]*)(\d*)(?:\.(\d+))?([a-zA-Z]))")


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected string; got {shown(value)}")
    return value


def _index(value: Value, *keys: Value) -> Value:
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: Value, key: Value) -> Value:
    if isinstance(value, Mapping):
        return value.get(_text(key), "")
    if isinstance(value, (list, tuple, str)):
        if isinstance(key, bool) or not isinstance(key, int):
            raise ValueError(f"cannot index slice/array with type {shown(key)}")
        if not 0 <= key < len(value):
            raise ValueError(f"index out of range: {key}")
        item: Value = ord(value[key]) if isinstance(value, str) else value[key]
        return item
    raise ValueError("index of untyped nil" if value is None else "can't index item")


def _slice(value: Value, *bounds: Value) -> Value:
    if not isinstance(value, (list, tuple, str)):
        raise ValueError("can't slice item")
    numbers = [bound for bound in bounds if isinstance(bound, int)]
    if any(not 0 <= number <= len(value) for number in numbers):
        raise ValueError("index out of range")
    start, end = [*numbers, *[0, len(value)][len(numbers) :]][:2]
    found: Value = value[start:end]
    return found


def _len(value: Value) -> Value:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (Mapping, list, tuple)):
        return len(value)
    raise ValueError(f"len of type {type(value).__name__}")


def _join(values: Value, separator: Value) -> Value:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ValueError("wrong type for value; expected []string")
    return _text(separator).join(shown(value) for value in values)


def _printf(form: Value, *values: Value) -> Value:
    """Go's verbs that make sense for our data; the rest is marked as Go does."""
    rest = list(values)

    def verb(match: re.Match[str]) -> str:
        if match[1]:
            return "%"
        if not rest:
            return f"%!{match[5]}(MISSING)"
        flags, width, precision, letter = match[2], match[3], match[4], match[5]
        return _padded(_converted(letter, rest.pop(0), precision), flags, width)

    return _VERB.sub(verb, _text(form))


def _converted(letter: str, value: Value, precision: str | None) -> str:
    if letter == "q":
        return as_json(_text(value))
    if letter in "sv":
        text = shown(value)
        return text[: int(precision)] if precision is not None and letter == "s" else text
    if letter == "t" and isinstance(value, bool):
        return shown(value)
    if letter in "dxXo" and isinstance(value, int) and not isinstance(value, bool):
        return format(value, letter)
    if letter in "feg" and isinstance(value, float):
        return format(value, f".{precision or 6}{letter}")
    if letter == "T":
        return type(value).__name__
    return f"%!{letter}({shown(value)})"


def _padded(text: str, flags: str, width: str) -> str:
    if not width:
        return text
    if "-" in flags:
        return text.ljust(int(width))
    return text.rjust(int(width), "0" if "0" in flags else " ")


def _print(*values: Value) -> Value:
    """Go puts spaces between operands of which neither is a string."""
    text = ""
    for number, value in enumerate(values):
        apart = not isinstance(value, str) and not isinstance(values[number - 1], str)
        text += (" " if number and apart else "") + shown(value)
    return text


def _pad(value: Value, before: Value, after: Value) -> Value:
    text = _text(value)
    return text and " " * _number(before) + text + " " * _number(after)


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise ValueError(f"expected integer; got {shown(value)}")
    return value


def _truncate(value: Value, length: Value) -> Value:
    return _text(value)[: _number(length)]


def _and(*values: Value) -> Value:
    return next((value for value in values if not truth(value)), values[-1])


def _or(*values: Value) -> Value:
    return next((value for value in values if truth(value)), values[-1])


def _order(test: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def compared(a: Value, b: Value) -> Value:
        for kind in (str, (int, float)):
            if isinstance(a, kind) and isinstance(b, kind):
                return test((a > b) - (a < b))  # type: ignore[operator]
        raise ValueError("incompatible types for comparison")

    return compared


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "and": _and,
    "or": _or,
    "not": lambda value: not truth(value),
    "eq": lambda value, *others: any(value == other for other in others),
    "ne": lambda a, b: a != b,
    "lt": _order(lambda sign: sign < 0),
    "le": _order(lambda sign: sign <= 0),
    "gt": _order(lambda sign: sign > 0),
    "ge": _order(lambda sign: sign >= 0),
    "index": _index,
    "slice": _slice,
    "len": _len,
    "print": _print,
    "println": lambda *values: " ".join(shown(value) for value in values) + "\n",
    "printf": _printf,
    "json": as_json,
    "join": _join,
    "split": lambda text, separator: _text(text).split(_text(separator)),
    "lower": lambda text: _text(text).lower(),
    "upper": lambda text: _text(text).upper(),
    "title": lambda text: re.sub(r"\b\w", lambda match: match[0].upper(), _text(text)),
    "pad": _pad,
    "truncate": _truncate,
}

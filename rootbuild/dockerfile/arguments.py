"""The text after an instruction's keyword and flags, cut into arguments.

Each instruction has one of a handful of forms. Quotes stay in the arguments: they go away when the
words are expanded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import NoReturn

from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.space import SPACE, split_first, split_words
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Arguments:
    """`words` of the form; `json` tells that they were a JSON array.

    ENV and LABEL give key and value in turn; `legacy` is their form without `=`.
    """

    words: tuple[str, ...] = ()
    json: bool = False
    legacy: bool = False


Reader = Callable[[str, str, str], Arguments]
"""(text, escape character, keyword in upper case) -> arguments."""


def read_arguments(text: str, escape: str, keyword: str) -> Arguments:
    """Cut `text`, trimmed, as `keyword` (in upper case) wants it; nothing for an unknown keyword.

    Raises DockerfileError.
    """
    reader = _READERS.get(keyword)
    return Arguments() if reader is None else reader(text, escape, keyword)


def is_keyword(keyword: str) -> bool:
    """Is this, in upper case, the keyword of an instruction?"""
    return keyword in _READERS


def keywords() -> tuple[str, ...]:
    """All keywords, in upper case."""
    return tuple(_READERS)


def quote_aware_words(text: str, escape: str) -> tuple[str, ...]:
    """Words at white space that is neither quoted nor escaped; quotes and escapes are kept."""
    words: list[str] = []
    parts: list[str] = []
    for found in (_BACKSLASH if escape == "\\" else _BACKTICK).finditer(text):
        if found["space"] is None:
            dropped = found["last"] or found["tail"]
            parts.append(found[0].removesuffix(escape) if dropped else found[0])
        elif parts:
            words.append("".join(parts))
            parts.clear()
    words.append("".join(parts))
    return tuple(word for word in words if word)


def json_array(text: str) -> tuple[str, ...] | None:
    """The strings of a JSON array, None for text that is no JSON array.

    Raises DockerfileError for an array that holds anything but strings.
    """
    if not text.startswith("["):
        return None
    try:
        items = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        raise DockerfileError(
            "when using JSON array syntax, arrays must be comprised of strings only",
            id="json-not-strings",
            hint="put every item in double quotes",
        )
    return tuple(_LONE_SURROGATE.sub("\ufffd", item) for item in items)


def _whole(text: str, escape: str, keyword: str) -> Arguments:
    return Arguments((text,) if text else ())


def _split(text: str, escape: str, keyword: str) -> Arguments:
    return Arguments(split_words(text))


def _maybe_json(text: str, escape: str, keyword: str) -> Arguments:
    array = json_array(text)
    return _whole(text, escape, keyword) if array is None else Arguments(array, json=True)


def _maybe_json_list(text: str, escape: str, keyword: str) -> Arguments:
    array = json_array(text)
    return _split(text, escape, keyword) if array is None else Arguments(array, json=True)


def _names(text: str, escape: str, keyword: str) -> Arguments:
    return Arguments(quote_aware_words(text, escape))


def _pairs(text: str, escape: str, keyword: str) -> Arguments:
    words = quote_aware_words(text, escape)
    if not words:
        return Arguments()
    if "=" not in words[0]:
        key, value = split_first(text)
        if value is None:
            raise DockerfileError(
                f"{keyword} must have two arguments",
                id="missing-value",
                hint=f"write {keyword} {key}=VALUE",
            )
        return Arguments((key, value), legacy=True)
    flat: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise DockerfileError(
                f"Syntax error - can't find = in {quoted(word)}. Must be of the form: name=value",
                id="missing-equals",
                hint="a value with spaces in it needs quotes",
            )
        flat += (key, value)
    return Arguments(tuple(flat))


def _healthcheck(text: str, escape: str, keyword: str) -> Arguments:
    kind, *rest = re.split(f"[{SPACE}]+", text, maxsplit=1)
    if not kind:
        return Arguments()
    command = _maybe_json(rest[0] if rest else "", escape, keyword)
    return Arguments((kind, *command.words), json=command.json)


_READERS: Mapping[str, Reader] = {
    "ADD": _maybe_json_list,
    "ARG": _names,
    "CMD": _maybe_json,
    "COPY": _maybe_json_list,
    "ENTRYPOINT": _maybe_json,
    "ENV": _pairs,
    "EXPOSE": _split,
    "FROM": _split,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _whole,
    "ONBUILD": _whole,
    "RUN": _maybe_json,
    "SHELL": _maybe_json,
    "STOPSIGNAL": _whole,
    "USER": _whole,
    "VOLUME": _maybe_json_list,
    "WORKDIR": _whole,
}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _compile(escape: str) -> re.Pattern[str]:
    """Pieces of quote-aware words. An escape character that ends the text is dropped."""
    char = re.escape(escape)
    return re.compile(
        f"(?P<space>[{SPACE}]+)"
        f"|[^'\"{char}{SPACE}]+"
        f"|{char}(?s:.)"
        f"|(?P<last>{char})\\Z"
        "|'[^']*(?:'|\\Z)"
        f'|"[^"{char}]*(?:{char}(?s:.)[^"{char}]*)*(?:"|(?P<tail>{char})?\\Z)'
    )


_BACKSLASH = _compile("\\")
_BACKTICK = _compile("`")

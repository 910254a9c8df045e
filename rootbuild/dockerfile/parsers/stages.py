"""FROM and ARG."""

from __future__ import annotations

import re

from rootbuild.dockerfile.flags import Known
from rootbuild.dockerfile.instructions import Arg, ArgPair, From
from rootbuild.dockerfile.parsers.request import Request
from rootbuild.dockerfile.quote import quoted
from rootbuild.errors import DockerfileError

_FROM_FLAGS = Known(strings=("platform",))
_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


def parse_from(request: Request) -> From:
    """FROM [--platform=PLATFORM] IMAGE [AS NAME]"""
    name = _stage_name(request.args)
    flags = request.flags(_FROM_FLAGS)
    return From(
        location=request.location,
        text=request.node.text,
        image=request.args[0],
        platform=flags.string("platform"),
        name=name,
        comment=request.comment_on(name.lower()) if name else "",
    )


def parse_arg(request: Request) -> Arg:
    """ARG KEY[=DEFAULT] [KEY[=DEFAULT]...]"""
    pairs = tuple(_pair(request, word) for word in request.some())
    request.flags()
    return Arg(
        location=request.location,
        text=request.node.text,
        pairs=pairs,
        comment=next((pair.comment for pair in pairs if pair.comment), ""),
    )


def _stage_name(words: tuple[str, ...]) -> str | None:
    if len(words) == 1:
        return None
    if len(words) != 3 or words[1].lower() != "as":
        raise DockerfileError(
            "FROM requires either one or three arguments",
            id="bad-from",
            hint="write FROM IMAGE or FROM IMAGE AS NAME",
        )
    if not _STAGE_NAME.fullmatch(words[2].lower()):
        raise DockerfileError(
            f"invalid name for build stage: {quoted(words[2])}, "
            "name can't start with a number or contain symbols",
            id="bad-stage-name",
            hint="begin with a letter and go on with letters, digits, -, _ and .",
        )
    return words[2]


def _pair(request: Request, word: str) -> ArgPair:
    key, equals, value = word.partition("=")
    if not key:
        raise request.error("names can not be blank", "blank-name")
    return ArgPair(key, value if equals else None, request.comment_on(key))

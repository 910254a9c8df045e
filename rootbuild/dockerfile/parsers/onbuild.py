"""ONBUILD."""

from __future__ import annotations

from rootbuild.dockerfile.instructions import Onbuild
from rootbuild.dockerfile.parsers.request import Request
from rootbuild.errors import DockerfileError

_REFUSED = frozenset(("FROM", "MAINTAINER"))


def parse_onbuild(request: Request) -> Onbuild:
    """ONBUILD INSTRUCTION"""
    request.some()
    request.flags()
    if request.node.sub is not None:
        refuse_trigger(request.node.sub.name)
    bodies = "".join(f"\n{doc.content}{doc.name}" for doc in request.node.heredocs)
    return Onbuild(request.location, request.node.text, request.node.argument + bodies)


def refuse_trigger(keyword: str) -> None:
    """Raise DockerfileError for an instruction, in upper case, that ONBUILD cannot trigger."""
    if keyword == "ONBUILD":
        raise DockerfileError(
            "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", id="bad-onbuild"
        )
    if keyword in _REFUSED:
        raise DockerfileError(f"{keyword} isn't allowed as an ONBUILD trigger", id="bad-onbuild")

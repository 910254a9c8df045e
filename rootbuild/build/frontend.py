"""`# syntax=` and BUILDKIT_SYNTAX: images that read a Dockerfile in place of what is built in.

None can be run here. The official ones, of whatever version, are what is built in.
"""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.build.inputs import Source
from rootbuild.dockerfile.directives import SYNTAX, Directive, find_syntax, frontend_of
from rootbuild.dockerfile.lines import decode
from rootbuild.errors import Location, UnsupportedError, UsageError
from rootbuild.image.reference import HUB, parse

ARGUMENT = "BUILDKIT_SYNTAX"
BUILT_IN = "dockerfile.v0"
OFFICIAL = ("docker/dockerfile", "docker/dockerfile-upstream")


def check_frontend(source: Source, build_args: Mapping[str, str]) -> str | None:
    """Refuse a Dockerfile in a language that is not built in; a warning where that is a guess.

    Raises UnsupportedError, at the directive if it is that which names the frontend.
    """
    asked = build_args.get(ARGUMENT)
    found = find_syntax(source.data) if asked is None else Directive(SYNTAX, asked.strip(), 0)
    if found is None or not found.value:
        return None
    name = frontend_of(found)
    registry = _registry(name)
    if registry is None:
        raise _refused(source, name, found.line)
    if registry in ("", HUB):
        return None
    return f"the syntax {name} is taken for a copy of docker/dockerfile, which is built in"


def _registry(name: str) -> str | None:
    """Where an official frontend comes from ("" for what is built in); None for any other."""
    if name == BUILT_IN:
        return ""
    try:
        reference = parse(name)
    except UsageError:
        return None
    official = any(reference.repository.endswith(f"/{one}") for one in OFFICIAL)
    return reference.registry if official or reference.repository in OFFICIAL else None


def _refused(source: Source, name: str, line: int) -> UnsupportedError:
    error = UnsupportedError(
        f"the syntax {name} is not supported: no frontend but docker/dockerfile is built in",
        hint=f"if it is a Dockerfile all the same: --build-arg {ARGUMENT}={OFFICIAL[0]}:1",
    )
    if line:
        error.locate(Location(source.name, line, line), decode(source.data))
    return error

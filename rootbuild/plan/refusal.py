"""What this version refuses by name, so that nothing of a Dockerfile is ever silently ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rootbuild.dockerfile.instructions import Add, AnyInstruction, Onbuild
from rootbuild.errors import DockerfileError, UnsupportedError

_HINT = "it is on the way (docs/dockerfile.md lists the state of every feature)"
_GIT = re.compile(r"(?:git|ssh)://|[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:")


def refuse_unsupported(instruction: AnyInstruction) -> None:
    """Raise UnsupportedError for an instruction or flag that does not take effect yet."""
    feature = _unsupported(instruction)
    if feature is not None:
        raise UnsupportedError(f"{feature} is not supported yet", hint=_HINT)


def refuse_triggers(reference: str, triggers: tuple[str, ...]) -> None:
    """Raise UnsupportedError for a base image with ONBUILD triggers."""
    if triggers:
        raise UnsupportedError(
            f"ONBUILD is not supported yet, and the base image {reference} has such triggers",
            hint=_HINT,
            detail="\n".join(triggers),
        )


def _unsupported(instruction: AnyInstruction) -> str | None:
    match instruction:
        case Add():
            return _first(("ADD --keep-git-dir", instruction.keep_git_dir))
        case Onbuild():
            return "ONBUILD"
        case _:
            return None


def refuse_remote(sources: Iterable[str], *, add: bool) -> None:
    """Raise for a source that is no file: ADD of them is not supported yet, COPY never is."""
    for source in sources:
        kind = _remote(source)
        if kind is not None and not add:
            raise DockerfileError(f"source can't be a {kind[1]} for COPY", hint="use ADD")
        if kind is not None:
            raise UnsupportedError(f"ADD of {kind[0]} is not supported yet", hint=_HINT)


def _remote(source: str) -> tuple[str, str] | None:
    """What a source is if it is not a file: in a sentence about ADD, and in BuildKit's words."""
    if _GIT.match(source):
        return "a git repository", "git ref"
    if source.startswith(("http://", "https://")):
        path = re.split(r"[?#]", source, maxsplit=1)[0]
        return ("a git repository", "git ref") if path.endswith(".git") else ("a URL", "URL")
    return None


def _first(*features: tuple[str, bool]) -> str | None:
    return next((name for name, used in features if used), None)

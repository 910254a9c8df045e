"""What this version refuses by name, so that nothing of a Dockerfile is ever silently ignored."""

from __future__ import annotations

from rootbuild.dockerfile.instructions import AnyInstruction, Onbuild, Run
from rootbuild.errors import UnsupportedError

_HINT = "it is on the way (docs/dockerfile.md lists the state of every feature)"


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
        case Onbuild():
            return "ONBUILD"
        case Run():
            return _first(
                ("RUN --security=insecure", instruction.security not in (None, "sandbox")),
                ("RUN --device", bool(instruction.devices)),
            )
        case _:
            return None


def _first(*features: tuple[str, bool]) -> str | None:
    return next((name for name, used in features if used), None)

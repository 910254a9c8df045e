"""`inspect`: containers first, then images; other kinds when asked for."""

from __future__ import annotations

from rootbuild.backend import Runtime
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime.calls import call
from rootbuild.runtime.names import find_container, find_image
from rootbuild.runtimes import choose_runtime


def run(parsed: Parsed) -> int:
    """Print what is known about things of any kind."""
    runtime = choose_runtime()
    kind = parsed.text("type")
    names = [_engine_name(runtime, name, kind) for name in parsed.args]
    missing = [given for given, name in zip(parsed.args, names, strict=True) if name is None]
    there = [name for name in names if name is not None]
    status = 0
    if there or not missing:
        outcome = call(runtime, (*words(parsed), *there))
        outcome.replay()
        status = min(outcome.status, 1)
    if missing:
        raise RuntimeRefusedError(
            "\n".join(f"No such object: {name}" for name in missing),
            id="no-such-object",
            exit_code=1,
        )
    return status


def _engine_name(runtime: Runtime, name: str, kind: str) -> str | None:
    """The name by which the engine finds the thing; None if there is no such container or image."""
    if kind in ("", "container") and find_container(name, runtime.containers()) is not None:
        return name
    if kind in ("", "image"):
        return find_image(name, runtime.images())
    return None if kind == "container" else name

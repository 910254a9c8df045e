"""The record that a build leaves in the history: begun before it, ended however it ends."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from rootbuild import __version__
from rootbuild.build.options import BuildOptions
from rootbuild.cli.parse import Parsed
from rootbuild.context.origin import Nothing, Stdin
from rootbuild.errors import RootbuildError
from rootbuild.history.bounds import crowded, prune
from rootbuild.history.record import Head
from rootbuild.history.recorder import Recorder, new_id
from rootbuild.host.folders import state_folder

FOLDER = "history"

# Options whose values tell nothing that should not be kept, and that shape a build.
_TOLD = frozenset(
    {
        *("cache-from", "cache-to", "engine", "explain", "isolation", "jobs", "layers", "network"),
        *("network-helper", "no-cache", "no-cache-filter", "output", "provenance", "pull", "push"),
        *("runtime", "sbom", "squash"),
    }
)


def history_folder() -> Path:
    """Where records are."""
    return state_folder() / FOLDER


def begin_record(parsed: Parsed, options: BuildOptions, engine: str) -> Recorder:
    """Begin the record of a build. What is secret is known from now on, and left out."""
    head = Head(
        id=new_id(),
        started=time.time(),
        context=_context(options),
        dockerfile=options.dockerfile or "Dockerfile",
        target=options.target or "",
        platform=str(options.platform or ""),
        engine=engine,
        program=f"rootbuild {__version__}",
        tags=options.tags,
        arguments={name: _harmless(name, value) for name, value in options.build_args.items()},
        labels=dict(options.labels),
        options=tuple(g.token for g in parsed.given if g.flag.name in _TOLD and not _url(g.value)),
        pid=os.getpid(),
    )
    recorder = Recorder(history_folder(), head)
    for secret in _secrets(options):
        recorder.hide(secret)
    return recorder


def end_record(recorder: Recorder, image: str = "", error: BaseException | None = None) -> None:
    """End the record; the oldest ones go where there are too many.

    Where nothing was done, they are looked at only if it is clear that there are.
    """
    recorder.end(image, error)
    folder = history_folder()
    if recorder.steps_done or error is not None or crowded(folder):
        with contextlib.suppress(RootbuildError):
            prune(folder)


def _context(options: BuildOptions) -> str:
    origin = options.context
    if isinstance(origin, Path):
        try:
            return os.path.realpath(origin)
        except FileNotFoundError:  # the current folder was removed: the build will say so
            return str(origin)
    if isinstance(origin, Stdin):
        return "-"
    return "" if isinstance(origin, Nothing) else origin.shown


def _harmless(name: str, value: str) -> str:
    """A build argument's value; nothing where it may be a secret."""
    from rootbuild.dockerfile.sensitive import sensitive

    return "" if sensitive(name) or _url(value) else value


def _url(value: str) -> bool:
    """Whether it may hold a user's name and password."""
    return "://" in value and "@" in value


def _secrets(options: BuildOptions) -> list[bytes]:
    """All values that must not be kept. One that cannot be read is told where it is needed."""
    found = []
    if options.secrets:
        from rootbuild.build.mounts.secret import secret_value

        for secret in options.secrets:
            with contextlib.suppress(RootbuildError):
                found.append(secret_value(options.secrets, secret.id) or b"")
    if options.build_args:
        found += [
            os.fsencode(value)
            for name, value in options.build_args.items()
            if value and not _harmless(name, value)
        ]
    return found

"""`rootbuild image build`: options -> a build, and its progress and result shown as Docker does."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rootbuild import process
from rootbuild.backend import Backend, choose_backend
from rootbuild.build.contexts import Contexts
from rootbuild.build.memo.recall import recall
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.cli.advice import advise, settings
from rootbuild.cli.build_options import build_options, reporter_name
from rootbuild.cli.parse import Parsed
from rootbuild.errors import (
    BuildError,
    ContextError,
    DockerfileError,
    ImageNotFoundError,
    Interrupted,
    RootbuildError,
)
from rootbuild.host.folders import cache_folder, state_folder
from rootbuild.progress.plain import PlainReporter
from rootbuild.progress.quiet import QuietReporter

SOLVE_ERRORS = (BuildError, ContextError, DockerfileError, ImageNotFoundError)


def run(parsed: Parsed) -> int:
    """Build an image. Progress goes to standard error; `--quiet` prints the image id."""
    options = build_options(parsed)
    call = None
    if parsed.has("call") or parsed.has("check"):
        from rootbuild.cli.call import call_of, perform

        call = call_of(parsed)
    cache = cache_folder()
    quiet = call is not None or reporter_name(parsed) == "quiet"
    reporter = QuietReporter() if quiet else PlainReporter(sys.stderr)
    # There may be none at all, as for services.
    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    with (
        Remotes(cache, options.secrets, options.agents) as remotes,
        Contexts(options, cache, remotes, Vertices(reporter, remotes.numbers), stdin) as contexts,
    ):
        if call is not None:
            return perform(call, options, contexts)
        orders = settings(parsed)
        backend = choose_backend(orders.value("engine") or None)
        advised = partial(advise, backend, orders, verbose=parsed.switch("verbose"))
        built = _build(options, backend, cache, contexts, advised)
    if isinstance(built, int):
        return built
    if parsed.switch("quiet"):
        sys.stdout.write(f"sha256:{built}\n" if built else "\n")
    return 0


def _load() -> None:
    """Load what a build needs: all of it is used inside."""
    import_module("rootbuild.build.build")


def _build(
    options: BuildOptions,
    backend: Backend,
    cache: Path,
    contexts: Contexts,
    advised: Callable[[], None],
) -> str | int | None:
    """The image's id; or an exit code, if another process has done the build inside.

    `advised` tells the backend which ways to go, once there is something to do.
    """
    image = recall(options, backend, cache, contexts)
    if image is not None:
        return image
    try:
        if backend.enter(()) is not None:
            if not (options.no_cache or options.wanted.inside):  # else there is work to do
                image = _start(options, backend, cache, contexts, inside=False)
                if image is not None:
                    return image
            code = process.join(backend.enter, meanwhile=_load)
            if code is not None:
                return code
        unwind_once()
        advised()
        return _start(options, backend, cache, contexts, inside=True)
    except SOLVE_ERRORS as error:
        raise _solving(error) from error


def _start(
    options: BuildOptions, backend: Backend, cache: Path, contexts: Contexts, *, inside: bool
) -> str | None:
    from rootbuild.build.build import Folders, start_build

    folders = Folders(cache, state_folder())
    return start_build(options, backend, folders, contexts, inside=inside)


def _solving(error: RootbuildError) -> RootbuildError:
    """The error with the words in front that clients of BuildKit look for."""
    error.report = replace(error.report, message=f"failed to solve: {error.report.message}")
    return error


def unwind_once() -> None:
    """Let the first signal unwind the stack and the rest be ignored, so that clean-up completes."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def unwind(number: int, frame: FrameType | None) -> NoReturn:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        name = signal.Signals(number).name
        raise Interrupted(f"canceled by {name}", exit_code=128 + number)

    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, unwind)

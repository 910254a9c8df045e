"""`rootbuild image build`: options -> a build, and its progress and result shown as Docker does."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from rootbuild import process
from rootbuild.backend import Backend, choose_backend
from rootbuild.build.inputs import STDIN
from rootbuild.build.memo.recall import recall
from rootbuild.build.options import BuildOptions
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
from rootbuild.progress.reporter import Reporter

SOLVE_ERRORS = (BuildError, ContextError, DockerfileError, ImageNotFoundError)


def run(parsed: Parsed) -> int:
    """Build an image. Progress goes to standard error; `--quiet` prints the image id."""
    options = build_options(parsed)
    if options.dockerfile == STDIN:
        options = replace(options, stdin=sys.stdin.buffer.read())
    if parsed.has("call") or parsed.has("check"):
        from rootbuild.cli.call import call_of, perform

        call = call_of(parsed)
        if call is not None:
            return perform(call, options)
    backend = choose_backend()
    quiet = reporter_name(parsed) == "quiet"
    image = recall(options, backend, cache_folder(), _reporter(quiet=quiet))
    if image is None and backend.enter(()) is not None:
        image = _build(options, backend, quiet=quiet, inside=False)
        if image is None:
            code = process.join(backend.enter)
            if code is not None:
                return code
    if image is None:
        _unwind_once()
        image = _build(options, backend, quiet=quiet, inside=True)
    if parsed.switch("quiet"):
        sys.stdout.write(f"sha256:{image}\n")
    return 0


def _build(options: BuildOptions, backend: Backend, *, quiet: bool, inside: bool) -> str | None:
    from rootbuild.build.build import Folders, start_build

    folders = Folders(cache_folder(), state_folder())
    try:
        return start_build(options, backend, folders, _reporter(quiet=quiet), inside=inside)
    except SOLVE_ERRORS as error:
        raise _solving(error) from error


def _reporter(*, quiet: bool) -> Reporter:
    return QuietReporter() if quiet else PlainReporter(sys.stderr)


def _solving(error: RootbuildError) -> RootbuildError:
    """The error with the words in front that clients of BuildKit look for."""
    error.report = replace(error.report, message=f"failed to solve: {error.report.message}")
    return error


def _unwind_once() -> None:
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

"""`rootbuild image build`: options -> a build, and its progress and result shown as Docker does."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from platformdirs import user_cache_path, user_state_path

from rootbuild.backend import choose_backend
from rootbuild.build.build import Folders, start_build
from rootbuild.build.inputs import STDIN
from rootbuild.cli.build_options import build_options, reporter_name
from rootbuild.cli.parse import Parsed
from rootbuild.cli.relay import INSIDE, listen, run_inside
from rootbuild.errors import (
    BuildError,
    ContextError,
    DockerfileError,
    HostError,
    ImageNotFoundError,
    Interrupted,
    RootbuildError,
)
from rootbuild.progress.plain import PlainReporter
from rootbuild.progress.quiet import QuietReporter

SOLVE_ERRORS = (BuildError, ContextError, DockerfileError, ImageNotFoundError)


def run(parsed: Parsed) -> int:
    """Build an image. Progress goes to standard error; `--quiet` prints the image id."""
    options = build_options(parsed)
    backend = choose_backend()
    command = backend.enter(_again(parsed))
    inside = bool(os.environ.get(INSIDE))
    if command is not None and inside:
        raise HostError(
            "the user namespace that was entered is not the engine's",
            hint=f"the environment variable {INSIDE} must not be set by hand",
        )
    if options.dockerfile == STDIN:
        options = replace(options, stdin=listen() if inside else sys.stdin.buffer.read())
    elif inside:
        listen()
    if command is None:
        _unwind_once()
    quiet = reporter_name(parsed) == "quiet"
    reporter = QuietReporter() if quiet else PlainReporter(sys.stderr)
    try:
        image = start_build(options, backend, _folders(), reporter, inside=command is None)
    except SOLVE_ERRORS as error:
        raise _solving(error) from error
    if image is None:
        assert command is not None
        sys.stderr.flush()
        return run_inside(command, options.stdin)
    if parsed.switch("quiet"):
        sys.stdout.write(f"sha256:{image}\n")
    return 0


def _solving(error: RootbuildError) -> RootbuildError:
    """The error with the words in front that clients of BuildKit look for."""
    error.report = replace(error.report, message=f"failed to solve: {error.report.message}")
    return error


def _folders() -> Folders:
    return Folders(user_cache_path("rootbuild"), user_state_path("rootbuild"))


def _again(parsed: Parsed) -> tuple[str, ...]:
    """The command that starts this very program again, with the same modules.

    Neither `-m` nor a script path will do: both put a folder of the user's in front of `sys.path`.
    """
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; sys.argv[0] = {parsed.program!r}; "
        "from rootbuild.cli.main import main; sys.exit(main(program=sys.argv[0]))"
    )
    return (sys.executable, "-c", code, *sys.argv[1:])


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

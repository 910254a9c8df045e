"""`rootbuild image build`: options -> a build, and its progress and result shown as Docker does."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from platformdirs import user_cache_path, user_state_path

from rootbuild import process
from rootbuild.backend import choose_backend
from rootbuild.build.build import Folders, Reenter, start_build
from rootbuild.build.inputs import Source
from rootbuild.cli.build_options import build_options, reporter_name
from rootbuild.cli.parse import Parsed
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

INSIDE = "ROOTBUILD_INSIDE_NAMESPACE"
SOLVE_ERRORS = (BuildError, ContextError, DockerfileError, ImageNotFoundError)


def run(parsed: Parsed) -> int:
    """Build an image. Progress goes to standard error; `--quiet` prints the image id."""
    options = build_options(parsed)
    quiet = reporter_name(parsed) == "quiet"
    reporter = QuietReporter() if quiet else PlainReporter(sys.stderr)
    backend = choose_backend()
    command = backend.enter(_again(parsed))
    if command is not None and os.environ.get(INSIDE):
        raise HostError(
            "the user namespace that was entered is not the engine's",
            hint=f"the environment variable {INSIDE} must not be set by hand",
        )
    reenter = None if command is None else _reenter(command)
    if reenter is None:
        _unwind_once()
    try:
        image = start_build(options, backend, _folders(), reporter, reenter)
    except SOLVE_ERRORS as error:
        raise _solving(error) from error
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


def _reenter(command: tuple[str, ...]) -> Reenter:
    def start(source: Source) -> NoReturn:
        if source.path is None:
            _feed_stdin(source.data)
        sys.stderr.flush()
        process.become(command, env={INSIDE: "1"})

    return start


def _feed_stdin(data: bytes) -> None:
    """Put what was read from standard input there once more, for the program that follows."""
    descriptor = os.memfd_create("stdin")
    with os.fdopen(descriptor, "wb", closefd=False) as stream:
        stream.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.dup2(descriptor, 0)


def _unwind_once() -> None:
    """Let the first signal unwind the stack and the rest be ignored, so that clean-up completes.

    On a terminal Ctrl-C reaches us several times: directly, and forwarded by the engine's helper.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def unwind(number: int, frame: FrameType | None) -> NoReturn:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        name = signal.Signals(number).name
        raise Interrupted(f"canceled by {name}", exit_code=128 + number)

    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, unwind)
    if os.environ.get(INSIDE):
        process.die_with_parent()

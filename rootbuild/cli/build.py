"""`rootbuild image build`: options -> a build, and its progress and result shown as Docker does."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rootbuild import process
from rootbuild.backend import Backend, choose_backend, passed_over
from rootbuild.build.contexts import Contexts
from rootbuild.build.memo.recall import nothing_known, recall
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotes import Remotes
from rootbuild.build.told import forget_forms, whole_names
from rootbuild.build.vertices import Vertices
from rootbuild.cli.advice import advise, settings
from rootbuild.cli.build_options import build_options
from rootbuild.cli.parse import Parsed
from rootbuild.cli.recording import begin_record, end_record
from rootbuild.cli.reporters import make_reporter, progress_name
from rootbuild.errors import (
    BuildError,
    ContextError,
    DockerfileError,
    ImageNotFoundError,
    Interrupted,
    RegistryError,
    RootbuildError,
)
from rootbuild.history.recorder import Recorder
from rootbuild.host.folders import cache_folder, state_folder
from rootbuild.host.settings import Settings
from rootbuild.progress.quiet import QuietReporter
from rootbuild.progress.reporter import Reporter
from rootbuild.progress.tee import Tee
from rootbuild.records import replace

SOLVE_ERRORS = (BuildError, ContextError, DockerfileError, ImageNotFoundError, RegistryError)


def run(parsed: Parsed) -> int:
    """Build an image. Progress goes to standard error; `--quiet` prints the image id."""
    options = build_options(parsed)
    if parsed.has("call") or parsed.has("check"):
        return _look(parsed, options)
    shown = make_reporter(progress_name(parsed), sys.stderr)
    orders = settings(parsed)
    backend = choose_backend(orders.value("engine") or None)
    advised = partial(
        advise,
        backend,
        orders,
        verbose=parsed.switch("verbose"),
        passed=partial(passed_over, backend.name),
    )
    recorder = begin_record(parsed, options, backend.name)
    try:
        with _contexts(options, Tee(shown, recorder)) as contexts:
            built = _build(options, backend, contexts, advised, recorder)
        if isinstance(built, str):
            _tell(built, options, backend, Tee(shown, recorder), recorder)
    except BaseException as error:
        shown.close()
        end_record(recorder, error=error)
        raise
    if isinstance(built, int):
        recorder.leave()
        return built
    shown.close()
    end_record(recorder, built or "")
    if parsed.switch("quiet"):
        sys.stdout.write(f"sha256:{built}\n" if built else "\n")
    if recorder.steps_done:
        _bound(backend, orders, verbose=parsed.switch("verbose"))
    return 0


def _bound(backend: Backend, orders: Settings, *, verbose: bool) -> None:
    """Keep the cache from growing for ever. The build is over: nothing here makes it fail."""
    from rootbuild.build.ground import Folders
    from rootbuild.cache.upkeep import growth_is_due

    sys.stdout.flush()
    folders = Folders(cache_folder(), state_folder())
    try:
        if not growth_is_due(folders.cache / "cache.db"):
            return
        from rootbuild.build.kept.growth import bound
        from rootbuild.build.kept.pantry import Pantry

        pruned = bound(Pantry(backend, folders), orders)
    except Interrupted:
        return  # what is left to do is done another time
    except RootbuildError as error:
        sys.stderr.write(f"warning: the cache was not looked at: {error.report.message}\n")
        return
    if pruned.entries and verbose:
        from rootbuild.progress.units import size

        count = f"{len(pruned.entries)} results and folders"
        sys.stderr.write(f"==> cache: {count} were removed, {size(pruned.freed)}\n")


def _look(parsed: Parsed, options: BuildOptions) -> int:
    """Look at the Dockerfile instead of building it."""
    from rootbuild.cli.call import call_of, perform

    call = call_of(parsed)
    if call is None:  # `--call=build`
        given = tuple(given for given in parsed.given if given.flag.name not in ("call", "check"))
        return run(parsed._replace(given=given))
    with _contexts(options, QuietReporter()) as contexts:
        return perform(call, options, contexts)


@contextlib.contextmanager
def _contexts(options: BuildOptions, reporter: Reporter) -> Iterator[Contexts]:
    cache = cache_folder()
    # There may be none at all, as for services.
    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    with (
        Remotes(cache, options.secrets, options.agents) as remotes,
        Contexts(options, cache, remotes, Vertices(reporter, remotes.numbers), stdin) as contexts,
    ):
        yield contexts


def _tell(
    image: str, options: BuildOptions, backend: Backend, reporter: Reporter, recorder: Recorder
) -> None:
    """Tell how large it is, which takes a look at the store: not where nothing was done."""
    if recorder.steps_done or sys.stderr.isatty():
        from rootbuild.build.result import describe

        reporter.tell(describe(backend, image, whole_names(options.tags)))


def _load(recorder: Recorder) -> None:
    """Load what a build needs: all of it is used inside."""
    import_module("rootbuild.build.build")
    recorder.flush()


def _build(
    options: BuildOptions,
    backend: Backend,
    contexts: Contexts,
    advised: Callable[[], None],
    recorder: Recorder,
) -> str | int | None:
    """The image's id; or an exit code, if another process has done the build inside.

    `advised` tells the backend which ways to go, once there is something to do.
    """
    cache = cache_folder()
    image = recall(options, backend, cache, contexts)
    if image is not None:
        names = whole_names(options.wanted.store_names(options.tags))
        forget_forms(state_folder(), backend, names)
        return image
    due = nothing_known(cache)
    try:
        if backend.enter(()) is not None:
            if not (due or options.no_cache or options.wanted.inside):
                image = _start(options, backend, cache, contexts, inside=False)
                if image is not None:
                    return image
                due = True
            code = process.join(backend.enter, meanwhile=partial(_load, recorder))
            if code is not None:
                return code
        unwind_once()
        contexts.vertices.reporter.animate()
        advised()
        return _start(options, backend, cache, contexts, inside=True, due=due)
    except SOLVE_ERRORS as error:
        raise _solving(error) from error


def _start(
    options: BuildOptions,
    backend: Backend,
    cache: Path,
    contexts: Contexts,
    *,
    inside: bool,
    due: bool = False,
) -> str | None:
    from rootbuild.build.build import Folders, start_build

    folders = Folders(cache, state_folder())
    return start_build(options, backend, folders, contexts, inside=inside, due=due)


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

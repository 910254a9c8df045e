"""`image save|load|import` and `container commit|export`: images and containers as files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from rootbuild.cli.engine import separated, words
from rootbuild.cli.image import came, names_of_images
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError
from rootbuild.image import reference
from rootbuild.image.platform import parse_platform
from rootbuild.runtime.calls import Outcome, ask, call
from rootbuild.runtime.names import need_image
from rootbuild.runtime.objects import CONTAINERS, Act, perform
from rootbuild.runtimes import choose_runtime

_LOADED = "Loaded image"


def save(parsed: Parsed) -> int:
    """Images into one archive, in Docker's form, on a file or standard output."""
    if not parsed.text("output"):
        _refuse_terminal("cowardly refusing to save to a terminal. Use the -o flag or redirect")
    from rootbuild.cli import stored

    known = choose_runtime().images()
    with names_of_images():
        names = [need_image(name, known) for name in parsed.args]
    return stored.save(parsed, lambda: _save(parsed, names))


def _save(parsed: Parsed, names: Sequence[str]) -> int:
    """The same, by the engine."""
    runtime = choose_runtime()
    several = ["--multi-image-archive"] if len(names) > 1 else []
    options = ("save", "--quiet", *several, *parsed.tokens())
    outcome = call(runtime, (*options, *names), shows=not parsed.text("output"))
    outcome.replay()
    return min(outcome.status, 1)


def load(parsed: Parsed) -> int:
    """Images out of an archive; prints what came, as Docker does."""
    if not parsed.text("input") and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("requested load from stdin, but stdin is empty", exit_code=1)
    runtime = choose_runtime()
    outcome = ask(runtime, ("load", "--quiet", *parsed.tokens(["quiet"])))
    if outcome.status != 0:
        outcome.replay()
        return 1
    answer = outcome.answer.decode()
    came(runtime, [name for name in _loaded(answer) if not reference.is_id(name)])
    sys.stdout.write(loaded(answer))
    return 0


def loaded(answer: str) -> str:
    """What the engine says about loaded images, in Docker's words."""
    return "".join(
        f"{_LOADED} ID: sha256:{name.removeprefix('sha256:')}\n"
        if reference.is_id(name)
        else f"{_LOADED}: {reference.familiar(name)}\n"
        for name in _loaded(answer)
    )


def _loaded(answer: str) -> Iterator[str]:
    """The whole names or ids of loaded images."""
    for line in answer.splitlines():
        begin, _, names = line.partition(": ")
        if begin.startswith(_LOADED):
            yield from (name.strip() for name in names.split(","))


def import_(parsed: Parsed) -> int:
    """An image out of a tar of a file system; prints its id."""
    source, *name = parsed.args
    whole = [str(reference.parse(text)) for text in name]
    options = [*parsed.tokens(["platform"]), *_platform(parsed.text("platform"))]
    return _made(
        ask(choose_runtime(), ("import", "--quiet", *options, *separated([source, *whole])))
    )


def commit(parsed: Parsed) -> int:
    """An image out of a container; prints its id. Only Docker's format keeps health checks."""
    runtime = choose_runtime()
    container, *name = parsed.args
    whole = [str(reference.parse(text)) for text in name]
    options = ("commit", "--quiet", "--format=docker", *parsed.tokens())
    outcome = ask(runtime, (*options, *separated([container, *whole])))
    if outcome.status != 0 and CONTAINERS.unknown(runtime, [container]):
        raise CONTAINERS.error([container])
    return _made(outcome)


def export(parsed: Parsed) -> int:
    """A container's file system as a tar on a file or standard output."""
    if not parsed.text("output"):
        _refuse_terminal("cowardly refusing to save to a terminal. Use the -o flag or redirect")
    act = Act(words(parsed), parsed.args, shows=not parsed.text("output"))
    return min(perform(choose_runtime(), CONTAINERS, act), 1)


def _made(outcome: Outcome) -> int:
    if outcome.status != 0:
        outcome.replay()
        return 1
    identity = outcome.answer.decode().split()[-1].removeprefix("sha256:")
    sys.stdout.write(f"sha256:{identity}\n")
    return 0


def _platform(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    try:
        found = parse_platform(text)
    except ValueError as error:
        raise UsageError(f'invalid argument "{text}" for "--platform" flag: {error}') from error
    variant = [f"--variant={found.variant}"] if found.variant else []
    return (f"--os={found.os}", f"--arch={found.architecture}", *variant)


def _refuse_terminal(message: str) -> None:
    if sys.stdout.isatty():
        raise UsageError(message, exit_code=1)

"""`image inspect|rm|tag|history|pull|push` and `search`: images by Docker's names."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

from rootbuild.backend import Runtime
from rootbuild.cli import rows
from rootbuild.cli.engine import separated, words
from rootbuild.cli.parse import Parsed
from rootbuild.errors import ImageNotFoundError, RuntimeRefusedError, UsageError
from rootbuild.host.folders import state_folder
from rootbuild.image import reference
from rootbuild.outputs.noting import notes_if_any
from rootbuild.registry.credentials import handed
from rootbuild.registry.transport import tls_options
from rootbuild.runtime.calls import Outcome, ask, call
from rootbuild.runtime.names import find_image, image_in_use, indexes_among, need_image
from rootbuild.runtime.run import pull as pull_image
from rootbuild.runtimes import choose_runtime


def history(parsed: Parsed) -> int:
    """Show the history of an image."""
    runtime = choose_runtime()
    with names_of_images():
        name = need_image(parsed.args[0], runtime.images())
    outcome = call(runtime, (*words(parsed), name))
    outcome.replay()
    return min(outcome.status, 1)


def rm(parsed: Parsed) -> int:
    """Remove images of the store; unknown ones do not keep us from the others."""
    runtime = choose_runtime()
    known = runtime.images()
    with names_of_images():
        found = [(name, find_image(name, known)) for name in parsed.args]
    there = [image for _, image in found if image is not None]
    indexes = indexes_among(there, known)
    others = [image for image in there if image not in indexes]
    status = max((_removed(runtime, ("manifest", "rm", index)) for index in indexes), default=0)
    if others:
        status = max(status, _removed(runtime, (*words(parsed, ["ignore"]), *others)))
    missing = [name for name, image in found if image is None]
    if missing and not parsed.switch("force") and not parsed.switch("ignore"):
        raise ImageNotFoundError("\n".join(f"No such image: {_shown(name)}" for name in missing))
    return status


def _removed(runtime: Runtime, arguments: Sequence[str]) -> int:
    outcome = ask(runtime, arguments)
    rows.write(told_removed(outcome.answer.decode()))
    if outcome.status != 0:
        conflict = image_in_use(arguments, runtime.images(), runtime.containers())
        if conflict is not None:
            raise conflict
    Outcome(outcome.status, outcome.said).replay()
    return min(outcome.status, 1)


def told_removed(answer: str) -> str:
    """What the engine says of images that it removed, with Docker's names and ids."""
    lines = []
    for line in answer.splitlines():
        verb, _, what = line.partition(": ")
        if verb == "Untagged":
            what = reference.familiar(what)
        elif verb == "Deleted" and reference.is_id(what):
            what = f"sha256:{what.removeprefix('sha256:')}"
        lines.append(f"{verb}: {what}\n" if what else f"{line}\n")
    return "".join(lines)


@contextlib.contextmanager
def names_of_images() -> Iterator[None]:
    """Where what is no name of an image is a wrong argument here, which is told by 1."""
    try:
        yield
    except UsageError as error:
        error.exit_code = 1
        raise


def push(parsed: Parsed) -> int:
    """Bring an image to the registry that its name says."""
    from rootbuild.cli import stored

    return stored.push(parsed, lambda: _push(parsed))


def _push(parsed: Parsed) -> int:
    """The same, by the engine."""
    runtime = choose_runtime()
    with names_of_images():
        name = need_image(parsed.args[0], runtime.images())
        registry = reference.parse(parsed.args[0]).registry
    with handed(registry):
        outcome = call(runtime, (*words(parsed), *tls_options(registry), name), live=True)
    return min(outcome.status, 1)


def tag(parsed: Parsed) -> int:
    """Give an image one more name."""
    runtime = choose_runtime()
    source, target = parsed.args
    with names_of_images():
        whole = str(reference.parse(target))
        image = need_image(source, runtime.images())
    outcome = call(runtime, ("tag", image, whole))
    outcome.replay()
    if outcome.status == 0:
        notes = notes_if_any(state_folder(), runtime.images)
        if notes is not None:
            notes.carry(image, whole)
    return min(outcome.status, 1)


def pull(parsed: Parsed) -> int:
    """Pull an image and print its whole name, as Docker does."""
    runtime = choose_runtime()
    name = parsed.args[0]
    if parsed.switch("all-tags"):
        found = reference.parse(name)
        with handed(found.registry):
            options = ("--all-tags", *tls_options(found.registry))
            outcome = call(runtime, ("pull", *options, found.name), live=True)
        names = (name for image in runtime.images() for name in image.names)
        came(runtime, [name for name in names if reference.parse(name).name == found.name])
        return min(outcome.status, 1)
    wanted_platform = parsed.text("platform") or os.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    try:
        whole = pull_image(runtime, name, platform=wanted_platform, quiet=parsed.switch("quiet"))
    except (ImageNotFoundError, RuntimeRefusedError, UsageError) as error:
        error.exit_code = 1
        raise
    came(runtime, [whole])
    sys.stdout.write(f"{whole}\n")
    return 0


def came(runtime: Runtime, names: Sequence[str]) -> None:
    """Images came from elsewhere under whole names: what was noted of these is not true of them."""
    notes = notes_if_any(state_folder(), runtime.images)
    if notes is not None:
        notes.came(names)


def search(parsed: Parsed) -> int:
    """Search Docker Hub, or the registry that stands in front of the term."""
    term = parsed.args[0]
    first, slash, _ = term.partition("/")
    somewhere = slash and ("." in first or ":" in first or first == "localhost")
    runtime = choose_runtime()
    compatible = [] if parsed.has("format") else ["--compatible"]
    whole = term if somewhere else f"{reference.HUB}/{term}"
    outcome = call(runtime, (*words(parsed), *compatible, *separated([whole])))
    outcome.replay()
    return min(outcome.status, 1)


def _shown(name: str) -> str:
    return name if reference.is_id(name) else reference.familiar(name)

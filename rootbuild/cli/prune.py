"""`prune` of containers, images, networks, volumes, the build cache, and of all of them."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from rootbuild.backend import Runtime, choose_backend
from rootbuild.cache.database import open_cache
from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.dockerfile.durations import parse_duration
from rootbuild.errors import DockerfileError, RuntimeRefusedError, UsageError
from rootbuild.host.settings import read
from rootbuild.runtime.calls import ask
from rootbuild.runtime.disk import index
from rootbuild.runtime.display import size, table
from rootbuild.runtimes import choose_runtime
from rootbuild.storage.index import UnknownLayoutError

_WARNINGS = {
    "container": "all stopped containers",
    "image": "all dangling images",
    "network": "all custom networks not used by at least one container",
    "volume": "anonymous local volumes not used by at least one container",
}
_ALL_IMAGES = "all images without at least one container associated to them"
_ALL_VOLUMES = "all local volumes not used by at least one container"
_CACHE = "all build cache"
_NANOSECONDS = 10**9


def containers(parsed: Parsed) -> int:
    """Remove containers that do not run."""
    if not _agreed(parsed, [_WARNINGS["container"]]):
        return 0
    runtime = choose_runtime()
    before = _space(runtime)
    removed = _pruned(runtime, "container", parsed.all("filter"))
    return rows.write(_list("Deleted Containers:", removed) + _freed(before - _space(runtime)))


def images(parsed: Parsed) -> int:
    """Remove images without a name, or all that no container uses; the build cache stays."""
    everything = parsed.switch("all")
    if not _agreed(parsed, [_ALL_IMAGES if everything else _WARNINGS["image"]]):
        return 0
    runtime = choose_runtime()
    before = _space(runtime)
    removed = _pruned_images(runtime, parsed.all("filter"), everything=everything)
    shown = [f"deleted: sha256:{image}" for image in removed]
    return rows.write(_list("Deleted Images:", shown) + _freed(before - _space(runtime)))


def networks(parsed: Parsed) -> int:
    """Remove networks that no container uses."""
    if _agreed(parsed, [_WARNINGS["network"]]):
        removed = _pruned(choose_runtime(), "network", parsed.all("filter"))
        rows.write(_list("Deleted Networks:", removed))
    return 0


def volumes(parsed: Parsed) -> int:
    """Remove volumes that no container uses: those that nobody named, or all."""
    everything = parsed.switch("all")
    if not _agreed(parsed, [_ALL_VOLUMES if everything else _WARNINGS["volume"]]):
        return 0
    removed = _pruned_volumes(choose_runtime(), parsed.all("filter"), everything=everything)
    return rows.write(_list("Deleted Volumes:", removed))


def system(parsed: Parsed) -> int:
    """Remove all that is unused; volumes only if asked for, the build cache always."""
    everything, with_volumes = parsed.switch("all"), parsed.switch("volumes")
    filters = parsed.all("filter")
    if with_volumes and any(text.startswith("until=") for text in filters):
        raise UsageError('ERROR: The "until" filter is not supported with "--volumes"', exit_code=1)
    warned = [
        _WARNINGS["container"],
        _WARNINGS["network"],
        *([_WARNINGS["volume"]] if with_volumes else []),
        _ALL_IMAGES if everything else _WARNINGS["image"],
        _CACHE if everything else "unused build cache",
    ]
    if not _agreed(parsed, warned):
        return 0
    runtime = choose_runtime()
    before = _space(runtime)
    text = _list("Deleted Containers:", _pruned(runtime, "container", filters))
    text += _list("Deleted Networks:", _pruned(runtime, "network", filters))
    if with_volumes:
        text += _list("Deleted Volumes:", _pruned_volumes(runtime, filters, everything=False))
    removed = _pruned_images(runtime, filters, everything=everything)
    text += _list("Deleted Images:", [f"deleted: sha256:{image}" for image in removed])
    text += _list("Deleted build cache objects:", _pruned_cache(_until(filters)))
    return rows.write(text + _freed(before - _space(runtime)))


def cache(parsed: Parsed) -> int:
    """Remove the results of steps that builds have kept."""
    for text in parsed.all("filter"):
        if not text.startswith("until="):
            raise UsageError(f"invalid filter {text!r}", hint="until=24h is one", exit_code=1)
    if not _agreed(parsed, [_CACHE]):
        return 0
    known = choose_runtime()
    before = _space(known)
    removed = _pruned_cache(_until(parsed.all("filter")))
    lines = table([("ID", "RECLAIMABLE"), *((image[:12], "true") for image in removed)])
    return rows.write(
        (lines if removed else "") + f"Total:\t{size(max(before - _space(known), 0))}\n"
    )


def usage(parsed: Parsed) -> int:
    """List the results of steps that builds have kept (`buildx du`)."""
    kept, total = _kept(), 0
    runtime = choose_runtime()
    lines = [("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED")]
    for image in runtime.images():
        if image.id in kept and not image.names:
            passed = max(time.time() - kept[image.id], 0)
            lines.append((image.id[:12], "true", size(image.size), f"{int(passed)} seconds ago"))
    try:
        total = index(runtime).usage(()).cached
    except UnknownLayoutError:
        total = 0
    shown = table(lines) if len(lines) > 1 else ""
    return rows.write(f"{shown}Reclaimable:\t{size(total)}\nTotal:\t\t{size(total)}\n")


def _pruned(runtime: Runtime, kind: str, filters: Sequence[str]) -> list[str]:
    """Have the engine do it; gives the names or ids of what is gone. It knows what is in use."""
    words = (kind, "prune", "--force", *(f"--filter={text}" for text in filters))
    return _answered(runtime, words)


def _pruned_images(runtime: Runtime, filters: Sequence[str], *, everything: bool) -> list[str]:
    if not everything or "dangling=true" in filters:
        return _dangling(runtime, filters)
    before = runtime.images()
    used = {container.image for container in runtime.containers()}
    listed = _listed(runtime, filters) - used
    names = [name for image in before if image.id in listed for name in image.names]
    if names:
        _answered(runtime, ("rmi", *names))
    gone = {image.id for image in before} - {image.id for image in runtime.images()}
    return [*sorted(gone), *_dangling(runtime, filters)]


def _listed(runtime: Runtime, filters: Sequence[str]) -> set[str]:
    """The images that filters of `prune` leave, but for the one that says which are meant."""
    options = [f"--filter={text}" for text in filters if not text.startswith("dangling=")]
    if not options:
        return {image.id for image in runtime.images()}
    names = _answered(runtime, ("images", "--all", "--no-trunc", "--quiet", *options))
    return {name.removeprefix("sha256:") for name in names}


def _dangling(runtime: Runtime, filters: Sequence[str]) -> list[str]:
    """Remove images without a name that are no results of steps; gives those that are gone."""
    listed, kept = _listed(runtime, filters), _kept()
    nameless = [image.id for image in runtime.images() if not image.names]
    return _removed([image for image in nameless if image in listed and image not in kept])


def _removed(wanted: Sequence[str]) -> list[str]:
    """Remove images without a name that nothing uses; gives those that are gone."""
    if not wanted:
        return []
    backend = choose_backend(read().value("engine") or None)
    backend.remove(wanted)
    left = {image.id for image in backend.images()}
    return [image for image in wanted if image not in left]


def _pruned_volumes(runtime: Runtime, filters: Sequence[str], *, everything: bool) -> list[str]:
    if everything or any(text == "all=true" for text in filters):
        return _pruned(runtime, "volume", [text for text in filters if text != "all=true"])
    if filters:
        options = [f"--filter={text}" for text in (*filters, "dangling=true")]
        listed = set(_answered(runtime, ("volume", "ls", "--quiet", *options)))
    else:
        listed = {volume.name for volume in runtime.volumes(unused=True)}
    anonymous = [v.name for v in runtime.volumes(unused=True) if v.anonymous and v.name in listed]
    return _answered(runtime, ("volume", "rm", *anonymous)) if anonymous else []


def _pruned_cache(until: float | None) -> list[str]:
    limit = time.time() if until is None else until
    return _removed([image for image, used in _kept().items() if used <= limit])


def _kept() -> dict[str, float]:
    """The results of steps by the ids of their images, and when each was made."""
    index = _index()
    if not index.exists():
        return {}
    with open_cache(index) as found:
        return found.kept_steps()


def _index() -> Path:
    return user_cache_path("rootbuild") / "cache.db"


def _until(filters: Iterable[str]) -> float | None:
    """The time that `until=` names: so long ago, or at that second."""
    for text in filters:
        name, _, when = text.partition("=")
        if name != "until":
            continue
        if re.fullmatch(r"[0-9]+", when):
            return float(when)
        try:
            return time.time() - parse_duration(when) / _NANOSECONDS
        except DockerfileError as error:
            raise UsageError(f"invalid filter {text!r}: {error}", exit_code=1) from error
    return None


def _agreed(parsed: Parsed, things: Sequence[str]) -> bool:
    """Whether it may be done: `--force`, or a yes to the question."""
    if parsed.switch("force"):
        return True
    sys.stdout.write("WARNING! This will remove ")
    if len(things) == 1:
        sys.stdout.write(f"{things[0]}.\n")
    else:
        sys.stdout.write(":\n" + "".join(f"  - {thing}\n" for thing in things) + "\n")
    sys.stdout.write("Are you sure you want to continue? [y/N] ")
    sys.stdout.flush()
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    name = " ".join(parsed.command.path)
    raise RuntimeRefusedError(f"{name} has been cancelled", id="cancelled", exit_code=1)


def _answered(runtime: Runtime, words: Sequence[str]) -> list[str]:
    """The lines that the engine prints. What it says of things that it leaves alone is shown."""
    outcome = ask(runtime, words)
    sys.stderr.buffer.write(outcome.said)
    sys.stderr.flush()
    return [line.strip() for line in outcome.answer.decode().splitlines() if line.strip()]


def _space(runtime: Runtime) -> int:
    """The bytes of all images and containers, to see what was freed."""
    try:
        space = index(runtime).usage(())
    except UnknownLayoutError:
        return 0
    written = sum(max(container.size, 0) for container in runtime.containers(sizes=True))
    return space.named + space.cached + written


def _list(title: str, lines: Sequence[str]) -> str:
    return f"{title}\n" + "".join(f"{line}\n" for line in lines) + "\n" if lines else ""


def _freed(count: int) -> str:
    return f"Total reclaimed space: {size(max(count, 0))}\n"

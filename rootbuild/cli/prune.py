"""`prune` of containers, images, networks, volumes, and of all of them with the build cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import Runtime, choose_backend
from rootbuild.build.kept.rules import Rules
from rootbuild.cache.database import open_cache
from rootbuild.cache.upkeep import kept_images
from rootbuild.cli import rows
from rootbuild.cli.cache import prune_by
from rootbuild.cli.cache_rules import tests
from rootbuild.cli.parse import Parsed
from rootbuild.cli.question import agreed
from rootbuild.errors import UsageError
from rootbuild.host.folders import cache_folder
from rootbuild.host.settings import read
from rootbuild.runtime.calls import ask
from rootbuild.runtime.disk import index
from rootbuild.runtime.display import size
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


def containers(parsed: Parsed) -> int:
    """Remove containers that do not run."""
    if not agreed(parsed, [_WARNINGS["container"]]):
        return 0
    runtime = choose_runtime()
    before = _space(runtime)
    removed = _pruned(runtime, "container", parsed.all("filter"))
    return rows.write(_list("Deleted Containers:", removed) + _freed(before - _space(runtime)))


def images(parsed: Parsed) -> int:
    """Remove images without a name, or all that no container uses; the build cache stays."""
    everything = parsed.switch("all")
    if not agreed(parsed, [_ALL_IMAGES if everything else _WARNINGS["image"]]):
        return 0
    runtime = choose_runtime()
    before = _space(runtime)
    removed = _pruned_images(runtime, parsed.all("filter"), everything=everything)
    shown = [f"deleted: sha256:{image}" for image in removed]
    return rows.write(_list("Deleted Images:", shown) + _freed(before - _space(runtime)))


def networks(parsed: Parsed) -> int:
    """Remove networks that no container uses."""
    if agreed(parsed, [_WARNINGS["network"]]):
        removed = _pruned(choose_runtime(), "network", parsed.all("filter"))
        rows.write(_list("Deleted Networks:", removed))
    return 0


def volumes(parsed: Parsed) -> int:
    """Remove volumes that no container uses: those that nobody named, or all."""
    everything = parsed.switch("all")
    if not agreed(parsed, [_ALL_VOLUMES if everything else _WARNINGS["volume"]]):
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
    if not agreed(parsed, warned):
        return 0
    runtime = choose_runtime()
    before = _space(runtime)
    text = _list("Deleted Containers:", _pruned(runtime, "container", filters))
    text += _list("Deleted Networks:", _pruned(runtime, "network", filters))
    if with_volumes:
        text += _list("Deleted Volumes:", _pruned_volumes(runtime, filters, everything=False))
    removed = _pruned_images(runtime, filters, everything=everything)
    text += _list("Deleted Images:", [f"deleted: sha256:{image}" for image in removed])
    until = [text for text in filters if text.startswith("until=")]
    text += _list("Deleted build cache objects:", prune_by(Rules(everything, tests(until))))
    return rows.write(text + _freed(before - _space(runtime)))


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


def _kept() -> set[str]:
    """The ids of images that hold results of steps."""
    index = _index()
    if not index.exists():
        return set()
    with open_cache(index) as found:
        return {image.image for image in kept_images(found) if image.step}


def _index() -> Path:
    return cache_folder() / "cache.db"


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

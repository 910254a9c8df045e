"""What images, containers, volumes and the build cache take of the disk."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.backend import Runtime
from rootbuild.records import dataclass
from rootbuild.storage.index import Index, UnknownLayoutError
from rootbuild.storage.usage import Usage


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of thing: how many there are, how many of them are in use, and their bytes."""

    kind: str
    total: int
    active: int
    size: int
    reclaimable: int


def shares(runtime: Runtime, caches: Path) -> tuple[Share, ...]:
    """All kinds. `caches` is the folder of the build cache, beside its images in the store."""
    images, containers = runtime.images(), runtime.containers(sizes=True)
    used = {container.image for container in containers}
    named = [image for image in images if image.names]
    try:
        space = index(runtime).usage(used)
    except UnknownLayoutError:
        # Without the store's files nobody knows who shares layers with whom.
        active = sum(image.size for image in named if image.id in used)
        space = Usage(sum(image.size for image in named), active)
    running = [container for container in containers if container.status == "running"]
    written = sum(max(container.size, 0) for container in containers)
    kept = sum(max(container.size, 0) for container in running)
    volumes, idle = runtime.volumes(), {volume.name for volume in runtime.volumes(unused=True)}
    sizes = {volume.name: folder_size(Path(volume.path)) for volume in volumes}
    free = sum(size for name, size in sizes.items() if name in idle)
    cache = space.cached + folder_size(caches)
    active_images = sum(1 for image in named if image.id in used)
    return (
        Share("Images", len(named), active_images, space.named, space.named - space.active),
        Share("Containers", len(containers), len(running), written, written - kept),
        Share("Local Volumes", len(volumes), len(volumes) - len(idle), sum(sizes.values()), free),
        Share("Build Cache", len(images) - len(named), 0, cache, cache),
    )


def index(runtime: Runtime) -> Index:
    """A look at the store that a runtime's images are in."""
    return Index(ask=lambda: Path(runtime.info().root))


def folder_size(folder: Path) -> int:
    """The bytes of all files below a folder, as far as we may look into it."""
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue  # it is gone meanwhile
    return total

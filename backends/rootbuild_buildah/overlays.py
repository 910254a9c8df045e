"""Working containers of our own: a stored image's layers with a writable one on top.

What buildah takes four calls for (make, mount, commit, remove) is two system calls and a folder
here. The folder lies beside the engine's store, which we only read. An image that is removed while
we use its layers fails the build instead of being refused; no image is made out of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Describe, Layers
from rootbuild.errors import HostError
from rootbuild.image.platform import build_platform
from rootbuild_buildah import argv, folder, namespace, overlay, syscalls
from rootbuild_buildah.images import Images
from rootbuild_buildah.layer.archive import Archive, write_archive
from rootbuild_buildah.layer.changes import changes
from rootbuild_buildah.store import Store

ROOT = "root"
ROOT_MODE = 0o755
LARGE_BYTES = 16 << 20
_IMAGE = "image-id"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Base:
    """What a container stands on. `layers` are its layers' folders, the top one first."""

    image: str | None
    config: bytes
    diff_ids: tuple[str, ...] = ()
    layers: tuple[Path, ...] = ()


class Overlays:
    """Makes such containers, where the store's layers are such that overlayfs can take them."""

    def __init__(self, store: Store, images: Images) -> None:
        self._store = store
        self._images = images
        self._open: set[Overlay] = set()
        self._retired: list[Path] | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """For the length of a block, keep small folders of containers, to remove all at once."""
        self._retired = []
        try:
            yield
        finally:
            places, self._retired = self._retired, None
            _remove(*places)

    @contextlib.contextmanager
    def start(self, image: str | None, name: str) -> Iterator[Overlay | None]:
        """A container, mounted; gone when the block ends. None where this cannot be done."""
        with contextlib.ExitStack() as stack:
            container = self._make(stack, image, name)
            if container is not None:
                with self._lock:
                    self._open.add(container)
                stack.callback(self._forget, container)
            yield container

    def commit(self, container: Overlay, describe: Describe | None, names: Sequence[str]) -> Layers:
        """See the contract: the layer is written by us, and loaded with the image."""
        self._check()
        base = container.base
        with container.room() as place:
            archive = _written(place, container)
            container.large = archive.size > LARGE_BYTES
            diff_ids = (*base.diff_ids, archive.digest)
            config = describe(diff_ids) if describe else folder.plain(base.config, diff_ids)
            folder.write(place, config, {archive.digest: archive.size})
            return Layers(self._images.load(place, config, names), diff_ids)

    def used(self) -> frozenset[str]:
        """The images that containers of running builds, also of others, stand on."""
        home = self._home()
        found = home.glob(f"*/{_IMAGE}") if home else ()
        return frozenset(path.read_text() for path in found)

    def has(self, name: str) -> bool:
        """Whether there is a container of that name, mounted or not."""
        home = self._home()
        return home is not None and (home / name).is_dir()

    def sweep(self, name: str) -> None:
        """Remove what a killed build left of a container."""
        home = self._home()
        if home is not None:
            with contextlib.suppress(OSError):
                syscalls.unmount(home / name / ROOT)  # if it is ours, and not gone with its maker
            _remove(home / name)

    def _make(self, stack: contextlib.ExitStack, image: str | None, name: str) -> Overlay | None:
        home, base = self._home(), self._base(image)
        if home is None or base is None:
            return None
        with contextlib.ExitStack() as attempt:
            try:
                container = attempt.enter_context(self._mounted(home / name, base))
            except OSError:
                return None
            stack.push(attempt.pop_all())
        return container

    @contextlib.contextmanager
    def _mounted(self, place: Path, base: Base) -> Iterator[Overlay]:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        place.mkdir(mode=0o700)
        large = False
        try:
            for part in (ROOT, "changes", "work", "nothing"):
                (place / part).mkdir()
            (place / _IMAGE).write_text(base.image or "")
            with overlay.layers(base.layers or (place / "nothing",)) as lowers:
                container = Overlay(place, base, lowers)
                container.mount_layers()
                try:
                    yield container
                finally:
                    syscalls.unmount(container.rootfs)
                    large = container.large
        finally:
            if large or self._retired is None:
                _remove(place)
            else:
                self._retired.append(place)

    def _base(self, image: str | None) -> Base | None:
        if image is None:
            return Base(None, folder.bare(build_platform().architecture))
        config = self._store.config(image)
        diff_ids = folder.diff_ids(config)
        layers = self._store.layer_folders(image, diff_ids)
        if layers is None or len(layers) > overlay.MOST_LAYERS:
            return None
        return Base(image, config, diff_ids, layers)

    def _check(self) -> None:
        """Raise HostError if what a container of this build stands on is not there any more.

        What was read from it is doubtful then, whichever of the containers it has got into.
        """
        with self._lock:
            containers = set(self._open)
        for container in containers:
            if self._base(container.base.image) != container.base or not container.intact():
                raise HostError(
                    f"the image {container.base.image} was removed while it was built upon",
                    id="image-removed",
                    hint="start the build again, and leave the images that it needs alone",
                )

    def _forget(self, container: Overlay) -> None:
        with self._lock:
            self._open.discard(container)

    def _home(self) -> Path | None:
        store = self._store.folder()
        return None if store is None else store.parent / "rootbuild"


class Overlay:
    """A container. `lowers` are open descriptors of its layers.

    `large` tells that there is much in it, by the last layer that was made of it.
    """

    def __init__(self, place: Path, base: Base, lowers: Sequence[int]) -> None:
        self.base = base
        self.rootfs, self.changes = place / ROOT, place / "changes"
        self.large = False
        self._place = place
        self._lowers = lowers
        self._root = _attributes(base.layers[0]) if base.layers else (ROOT_MODE, 0, 0)

    def mount_layers(self) -> None:
        """Mount it. Raises OSError."""
        mode, uid, gid = self._root
        os.chown(self.changes, uid, gid)
        self.changes.chmod(mode)
        work, rootless = self._place / "work", not namespace.initial()
        overlay.mount(self._lowers, self.changes, work, self.rootfs, rootless=rootless)

    @contextlib.contextmanager
    def mount(self) -> Iterator[Path]:
        """Its root filesystem, which is there as long as the container is."""
        yield self.rootfs

    @contextlib.contextmanager
    def room(self) -> Iterator[Path]:
        """A folder for the image that is made out of it."""
        with tempfile.TemporaryDirectory(prefix="image-", dir=self._place) as place:
            yield Path(place)

    def root_changed(self) -> bool:
        """Whether a layer has to say what the root folder itself is like."""
        return self.base.image is None or _attributes(self.changes) != self._root

    def intact(self) -> bool:
        """Whether the layers are still where they were, and not others of the same names."""
        for layer, descriptor in zip(self.base.layers, self._lowers, strict=False):
            try:
                same = os.path.samestat(layer.stat(), os.fstat(descriptor))
            except OSError:
                same = False
            if not same:
                return False
        return True


def _written(place: Path, container: Overlay) -> Archive:
    """Write the layer of a container. Raises HostError when the disk is full."""
    layer = place / "layer"
    found = changes(os.fsencode(container.changes), root=container.root_changed())
    try:
        with layer.open("wb", buffering=0) as target:
            archive = write_archive(found, target.fileno())
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise HostError(
            f"no room for the new layer: {error.strerror}",
            id="no-space",
            hint=f"make room on the filesystem that holds {place}",
        ) from error
    layer.rename(folder.blob(place, archive.digest))
    return archive


def _attributes(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mode & 0o7777, status.st_uid, status.st_gid


def _remove(*places: Path) -> None:
    if places:
        process.call(argv.remove_trees(*places), check=False)

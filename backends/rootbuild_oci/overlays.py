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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rootbuild.backend import Describe, Layers
from rootbuild.image.platform import build_platform
from rootbuild.records import dataclass
from rootbuild_oci import failures, folder, kernel, namespace, overlay
from rootbuild_oci.images import Images
from rootbuild_oci.layer.archive import Archive, write_archive
from rootbuild_oci.layer.changes import changes
from rootbuild_oci.removals import Removals, remove
from rootbuild_oci.spread import spread
from rootbuild_oci.store import Store

ROOT, CHANGES, WORK, NOTHING, IMAGE = "root", "changes", "work", "nothing", "image-id"
ROOT_MODE = 0o555  # as in the engine's own containers from scratch
LARGE_BYTES = 16 << 20
ATTEMPTS = 5


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
        self.images = images
        self.removals = Removals()
        self._store = store
        self._open: set[Overlay] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def start(self, image: str | None, name: str) -> Iterator[Overlay | None]:
        """A container, mounted; gone when the block ends. None where this cannot be done.

        Raises HostError if there is no such image.
        """
        with contextlib.ExitStack() as stack:
            container = self._make(stack, image, name)
            if container is not None:
                with self._lock:
                    self._open.add(container)
                stack.callback(self._forget, container)
            yield container

    def check(self) -> None:
        """Raise HostError if what a container of this build stands on is not there any more.

        What was read from it is doubtful then, whichever of the containers it has got into.
        """
        with self._lock:
            containers = set(self._open)
        for container in containers:
            if not self._intact(container) and self._is_open(container):
                raise failures.image_removed(container.base.image)

    def used(self) -> frozenset[str]:
        """The images that containers of running builds, also of others, stand on."""
        home = self._home()
        found = set()
        for path in home.glob(f"*/{IMAGE}") if home else ():
            with contextlib.suppress(FileNotFoundError):
                found.add(path.read_text())
        return frozenset(found)

    def has(self, name: str) -> bool:
        """Whether there is a container of that name, mounted or not."""
        home = self._home()
        return home is not None and (home / name).is_dir()

    def sweep(self, name: str) -> None:
        """Remove what a killed build left of a container."""
        home = self._home()
        if home is not None:
            with contextlib.suppress(OSError):
                kernel.unmount(home / name / ROOT)  # if it is ours, and not gone with its maker
            remove(home / name)

    def _make(self, stack: contextlib.ExitStack, image: str | None, name: str) -> Overlay | None:
        try:
            home, base = self._home(), self._base(image)
        except KeyError as error:
            raise failures.image_removed(image) from error
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
        spread(place.parent)
        place.mkdir(mode=0o700)
        large = False
        try:
            for part in (ROOT, CHANGES, NOTHING):
                (place / part).mkdir()
            (place / IMAGE).write_text(base.image or "")
            with contextlib.ExitStack() as opened:
                container = self._on_layers(opened, place, base)
                try:
                    yield container
                finally:
                    container.unmount_layers()
                    large = container.large
        finally:
            self.removals.add(place, large=large)

    def _on_layers(self, opened: contextlib.ExitStack, place: Path, base: Base) -> Overlay:
        """Mount it; its layers stay open as long as `opened`. Raises OSError.

        An engine at work mounts the store's folder over itself, and takes that away when it ends.
        The kernel then refuses layers that were opened through it: they are opened once more.
        """
        for left in reversed(range(ATTEMPTS)):
            with contextlib.ExitStack() as attempt:
                folders = base.layers or (place / NOTHING,)
                lowers = attempt.enter_context(overlay.layers(folders))
                container = Overlay(self, place, base, lowers, f"{WORK}-{left}")
                try:
                    container.mount_layers()
                except OSError as error:
                    if error.errno != errno.EINVAL or not left:
                        raise
                    continue
                opened.push(attempt.pop_all())
                return container
        raise AssertionError("the last attempt returns or raises")

    def _base(self, image: str | None) -> Base | None:
        if image is None:
            return Base(None, folder.bare(build_platform().architecture))
        config = self._store.config(image)
        diff_ids = folder.diff_ids(config)
        layers = self._store.layer_folders(image, diff_ids)
        if layers is None or len(layers) > overlay.MOST_LAYERS:
            return None
        return Base(image, config, diff_ids, layers)

    def _intact(self, container: Overlay) -> bool:
        try:
            return self._base(container.base.image) == container.base and container.intact()
        except KeyError:
            return False

    def _is_open(self, container: Overlay) -> bool:
        """Another thread may have ended it while it was looked at, which closes its layers."""
        with self._lock:
            return container in self._open

    def _forget(self, container: Overlay) -> None:
        with self._lock:
            self._open.discard(container)

    def _home(self) -> Path | None:
        store = self._store.folder()
        return None if store is None else store.parent / "rootbuild"


class Overlay:
    """A container. `lowers` are open descriptors of its layers, `work` is a name in `place`.

    `large` tells that there is much in it, by the last layer that was made of it.
    """

    def __init__(
        self, shared: Overlays, place: Path, base: Base, lowers: Sequence[int], work: str
    ) -> None:
        self.base = base
        self.large = False
        self._shared = shared
        self._place = place
        self._work = place / work
        self._lowers = lowers
        self._rootless = not namespace.initial()
        self._mounted = False

    def mount_layers(self) -> None:
        """Mount it. Raises OSError."""
        changed = self._place / CHANGES
        self._work.mkdir()  # the kernel leaves marks in one that it had before
        if self.base.layers:
            root = self.base.layers[0].stat()
            os.chown(changed, root.st_uid, root.st_gid)
            changed.chmod(root.st_mode & 0o7777)
        else:
            changed.chmod(ROOT_MODE)
        overlay.mount(
            self._lowers, changed, self._work, self._place / ROOT, rootless=self._rootless
        )
        self._mounted = True

    def unmount_layers(self) -> None:
        """Undo that."""
        if self._mounted:
            kernel.unmount(self._place / ROOT)
            self._mounted = False

    @contextlib.contextmanager
    def mount(self) -> Iterator[Path]:
        """Its root filesystem, which is there as long as the container is."""
        yield self._place / ROOT

    def commit(self) -> Layers:
        """See the contract."""
        return self._keep(self._plain, (), lambda: None)

    def finish(self, describe: Describe, names: Sequence[str]) -> Layers:
        """See the contract. Files that are in the layer by then go while that is loaded."""
        return self._keep(describe, names, self._give_up)

    def written(self) -> int:
        """How much there is by now of the layer that is being written."""
        found = 0
        with contextlib.suppress(OSError):
            for room in self._place.glob("image-*"):
                found += sum(file.stat().st_size for file in room.iterdir())
        return found

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

    def _keep(
        self, describe: Describe, names: Sequence[str], written: Callable[[], None]
    ) -> Layers:
        """Write the layer, call `written`, and load it together with the image's config."""
        self._shared.check()
        with tempfile.TemporaryDirectory(prefix="image-", dir=self._place) as room:
            place = Path(room)
            archive = self._write(place)
            self.large = archive.size > LARGE_BYTES
            written()
            diff_ids = (*self.base.diff_ids, archive.digest)
            config = describe(diff_ids)
            folder.write(place, config, {archive.digest: archive.size})
            return Layers(self._shared.images.load(place, config, names), diff_ids)

    def _write(self, place: Path) -> Archive:
        """Write the layer into a folder. Raises HostError when the disk is full."""
        found = changes(os.fsencode(self._place / CHANGES), rootless=self._rootless)
        try:
            with (place / "layer").open("wb", buffering=0) as target:
                archive = write_archive(found, target.fileno())
        except OSError as error:
            raise failures.unwritten("the new layer", place, error) from error
        (place / "layer").rename(folder.blob(place, archive.digest))
        return archive

    def _plain(self, diff_ids: tuple[str, ...]) -> bytes:
        return folder.plain(self.base.config, diff_ids)

    def _give_up(self) -> None:
        if self.large:
            self.unmount_layers()
            self._shared.removals.add(self._place / CHANGES, self._work, large=True)

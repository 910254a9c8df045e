"""Cache mounts: folders below the cache folder that last from build to build.

One folder per id, first content and wanted owner; `data-0` is the one that steps share. Each has a
lock: a step that shares holds it with others, a step that locks waits until it holds it alone, and
a private one takes the first that nobody holds. All of them hold the folder itself, so that it is
not removed meanwhile, and note in it that it is used.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rootbuild.backend import Bind
from rootbuild.build.halt import Halt
from rootbuild.build.mounts.bind import copied
from rootbuild.build.mounts.owner import give
from rootbuild.errors import BuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Selection
from rootbuild.graph.stages import keeps_owners
from rootbuild.plan.keys import key
from rootbuild.plan.mounts.cache import DEFAULT_MODE, CacheMount, Sharing
from rootbuild.records import dataclass
from rootbuild.remote.locks import shared
from rootbuild.remote.noted import note_use

PAUSE_SECONDS = 0.02


Restore = Callable[[str, Path], bool]
"""Fills the new folder of a cache (its name) with what an earlier one held, if it can."""


def no_restore(*_: object) -> bool:
    """There is none."""
    return False


@dataclass(frozen=True, slots=True)
class Slot:
    """A cache's folder and its lock, held by us."""

    lock: int
    data: Path
    making: Path


class CacheFolders:
    """All caches. Those with a wanted owner or content can be begun anew, once in a build."""

    def __init__(self, folder: Path, halt: Halt, restore: Restore = no_restore) -> None:
        self._folder = folder
        self._restore = restore
        self.used: set[str] = set()
        self._halt = halt
        self._renewed: set[str] = set()

    @contextlib.contextmanager
    def held(
        self, identity: str, mount: CacheMount, content: Selection | None, *, fresh: bool
    ) -> Iterator[Path]:
        """The data of a cache, made if need be, for the length of the block."""
        self.used.add(identity)
        folder = self._folder / identity
        with shared(folder), self._slot(folder, mount.sharing) as slot:
            note_use(folder, id=mount.id, target=mount.target)
            seeded = mount.made is not None or content is not None
            renew = fresh and seeded and identity not in self._renewed
            if renew or not slot.data.exists():
                self._wait(
                    slot.lock, fcntl.LOCK_EX, partial(self._begun, identity, slot, renew=renew)
                )
                # Another step of this build may have done so meanwhile.
                if renew and identity not in self._renewed and slot.data.exists():
                    shutil.rmtree(slot.data)
                if not slot.data.exists():
                    restore = no_restore if renew else partial(self._restore, identity)
                    _make(slot, mount, content, restore)
                self._renewed.add(identity)
                if mount.sharing == "shared":
                    self._wait(slot.lock, fcntl.LOCK_SH)
            yield slot.data

    def _begun(self, identity: str, slot: Slot, *, renew: bool) -> bool:
        """Whether there is data already, which is of this build if it was to begin anew."""
        return slot.data.exists() and (not renew or identity in self._renewed)

    @contextlib.contextmanager
    def _slot(self, folder: Path, sharing: Sharing) -> Iterator[Slot]:
        """The first slot that can be had; only a private one does not wait for slot 0."""
        for number in itertools.count():
            descriptor = os.open(
                folder / f"lock-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                if self._lock(descriptor, sharing):
                    yield Slot(descriptor, folder / f"data-{number}", folder / f"making-{number}")
                    return
            finally:
                os.close(descriptor)

    def _lock(self, descriptor: int, sharing: Sharing) -> bool:
        if sharing == "private":
            return _locked(descriptor, fcntl.LOCK_EX)
        self._wait(descriptor, fcntl.LOCK_SH if sharing == "shared" else fcntl.LOCK_EX)
        return True

    def _wait(self, descriptor: int, mode: int, needless: Callable[[], bool] | None = None) -> None:
        """Take a lock once it is free, unless that turns out to be `needless`.

        Raises Canceled, which a wait in the kernel could not.
        """
        while not _locked(descriptor, mode):
            if needless is not None and needless():
                return  # who made it meanwhile may hold it for long
            self._halt.pause(PAUSE_SECONDS)


def identity(mount: CacheMount, content: Selection | None) -> str:
    """The name of a cache's folder."""
    owners = keeps_owners(mount.source)
    seed = "" if content is None else content.digest(None, owners=owners)
    return key("cache", mount.id, repr(mount.made), seed, mount.path if seed else "")


@contextlib.contextmanager
def cache_bind(mount: CacheMount, data: Path, content: Selection | None) -> Iterator[Bind]:
    """What of a cache is mounted, for the length of a block.

    A path in it is held open: steps of other builds may swap it for a link that leads out of it.
    Raises BuildError if there is no such path.
    """
    place = data / "content"
    if content is not None or mount.path == "/":
        yield Bind(place, mount.target, mount.read_only)
        return
    try:
        with Rootfs(place) as root:
            descriptor = root.hold(mount.path)
    except OSError as error:
        raise BuildError(
            f'the cache mount at {mount.target} has no "{mount.path}": {error.strerror}',
            id="bad-mount",
        ) from error
    try:
        yield Bind(place, mount.target, mount.read_only, descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make(
    slot: Slot, mount: CacheMount, content: Selection | None, restore: Callable[[Path], bool]
) -> None:
    """Make the data under another name, so that it is never seen half made."""
    if slot.making.exists():
        shutil.rmtree(slot.making)
    slot.making.mkdir(mode=0o700)
    if restore(slot.making / "content"):
        pass
    elif content is not None:
        copied(content, slot.making, keep_owner=keeps_owners(mount.source))
    else:
        (slot.making / "content").mkdir()
    if mount.made is not None or content is None:
        give(slot.making / "content", *(mount.made or (DEFAULT_MODE, 0, 0)))
    slot.making.rename(slot.data)

"""What cache mounts hold, as archives beside the layers.

They are packed after a build, and unpacked into new mounts.

A mount is packed while no step uses it. What an archive holds is written by the code that ADD uses,
confined to the mount's own folder; devices and sockets are left out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tarfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, cast

from rootbuild.build.mounts.cache import identity
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.imported import Kept
from rootbuild.build.remotecache.places import Place
from rootbuild.build.remotecache.record import MOUNT, Blob
from rootbuild.build.vertices import Vertices
from rootbuild.context.scratch import scratch
from rootbuild.errors import HostError, RootbuildError
from rootbuild.files.attributes import Attributes, CopyOptions
from rootbuild.files.failure import explained
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.unpack import Unpacker, unpack
from rootbuild.outputs.compress import Compressor, compressor
from rootbuild.plan.mounts.cache import CacheMount
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import RunStep
from rootbuild.records import dataclass
from rootbuild.remote.locks import shared

_CONTENT = Path("data-0", "content")
_LOCK = "lock-0"


@dataclass(frozen=True, slots=True)
class Restored:
    """Fills new cache mounts with what caches from elsewhere have of them.

    `scratch` is where folders for what is fetched are made.
    """

    mounts: Mapping[str, Kept]
    scratch: Path
    vertices: Vertices
    ending: Ending

    def __call__(self, name: str, folder: Path) -> bool:
        """Fill an empty folder; False, with the folder as it was, if there is nothing for it.

        What goes wrong is a warning: a cache mount may always begin empty.
        """
        kept = self.mounts.get(name)
        if kept is None:
            return False
        folder.mkdir()
        try:
            with self.vertices.open(f"loading a cache mount from {kept.place.name}") as vertex:
                self._fill(kept, folder)
                vertex.status(f"{kept.blob.size}B done")
        except RootbuildError as error:
            self.vertices.warn(f"a cache mount begins empty: {error.report.message}")
            _empty(folder)
            return False
        return True

    def _fill(self, kept: Kept, folder: Path) -> None:
        attributes = Attributes(CopyOptions(keep_owner=True))
        with scratch(self.scratch) as work, explained("fill a cache mount"):
            file = work / "archive"
            with file.open("wb") as stream:
                for piece in kept.place.pieces(kept.blob.digest, kept.blob.size):
                    self.ending.check()
                    stream.write(piece)
            with (
                file.open("rb") as stream,
                Rootfs(folder) as root,
                Unpacker(root, attributes, over=None) as unpacker,
            ):
                unpack(stream, unpacker, tuple)


@dataclass(frozen=True, slots=True)
class Mounts:
    """The cache mounts of a build. `used` are the names of those that steps have used in it."""

    plan: Plan
    folder: Path
    used: Collection[str]
    imported: Mapping[str, Kept]
    vertices: Vertices

    def export(self, place: Place, work: Path) -> dict[str, Blob]:
        """Write what they hold to a place. Raises RegistryError, HostError."""
        found: dict[str, Blob] = {}
        for name in self._names():
            blob = self._packed(name, place, work) or self._adopted(name, place)
            if blob is not None:
                found[name] = blob
        return found

    def _names(self) -> list[str]:
        """Those that the build has; those with a first content are known by use alone."""
        mounts = [
            mount
            for stage in self.plan.stages
            for step in stage.steps
            if isinstance(step, RunStep)
            for mount in step.mounts
            if isinstance(mount, CacheMount)
        ]
        names = {identity(mount, None) for mount in mounts if mount.source is None}
        names.update(self.used)
        if any(mount.source is not None for mount in mounts):
            names.update(self.imported)
        return sorted(names)

    def _adopted(self, name: str, place: Place) -> Blob | None:
        """What was imported and not used is handed on as it is."""
        kept = self.imported.get(name)
        if kept is None:
            return None
        place.adopt(kept.blob.digest, kept.blob.size, kept.place)
        return kept.blob

    def _packed(self, name: str, place: Place, work: Path) -> Blob | None:
        content = self.folder / name / _CONTENT
        if not content.is_dir():
            return None
        with shared(self.folder / name), _alone(self.folder / name / _LOCK) as alone:
            if not content.is_dir():
                return None
            if not alone:
                self.vertices.warn("a cache mount that another build uses now is not exported")
                return None
            file = work / name
            try:
                blob = pack(content, file)
                if not place.has(blob.digest):
                    place.put(file, blob.digest)
            finally:
                file.unlink(missing_ok=True)
        return blob


def pack(folder: Path, file: Path) -> Blob:
    """Write an archive of a folder; the same files give the same archive. Raises HostError."""
    try:
        with file.open("wb") as stream, compressor("gzip", None, stream.fileno()) as packer:
            target = cast("IO[bytes]", _Stream(packer))
            with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                for path, name in _entries(folder):
                    _add(archive, path, name)
            written = packer.finish()
    except OSError as error:
        raise HostError(f"cannot pack a cache mount: {error}", id="cache-export") from error
    return Blob(written.digest, written.size, MOUNT)


def _entries(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder, "."
    pending = [folder]
    while pending:
        for entry in sorted(os.scandir(pending.pop()), key=lambda each: each.name):
            path = Path(entry.path)
            yield path, f"./{path.relative_to(folder)}"
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    mode = path.lstat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
        return
    entry = archive.gettarinfo(path, name)
    entry.uname = entry.gname = ""
    entry.mtime = int(entry.mtime)
    if not entry.isreg():
        archive.addfile(entry)
        return
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as content:
        archive.addfile(entry, content)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[bool]:
    """Keep steps from using a mount for the length of the block; False if one does."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def _empty(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


class _Stream:
    """A file for tarfile to write to."""

    def __init__(self, packer: Compressor) -> None:
        self._packer = packer

    def write(self, data: bytes) -> int:
        self._packer.write(bytes(data))
        return len(data)

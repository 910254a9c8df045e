"""Writing a layer: what a container changed, as a tar archive, and its digest in the same pass."""

from __future__ import annotations

import hashlib
import os
import queue
import stat
import threading
from collections.abc import Iterable

from rootbuild.image import tarheader as header
from rootbuild.image.tarheader import BLOCK, Header
from rootbuild.records import dataclass
from rootbuild_oci.layer.changes import Change, Removal

CHUNK = 1 << 20
_WAITING = 8
_KINDS = {
    stat.S_IFREG: header.FILE,
    stat.S_IFLNK: header.SYMLINK,
    stat.S_IFDIR: header.FOLDER,
    stat.S_IFIFO: header.FIFO,
    stat.S_IFCHR: header.CHARACTER,
    stat.S_IFBLK: header.BLOCK_DEVICE,
}


@dataclass(frozen=True, slots=True)
class Archive:
    """A layer that was written: its digest (`sha256:...`), which is its diff id, and its size."""

    digest: str
    size: int


def write_archive(changes: Iterable[Change | Removal], target: int) -> Archive:
    """Write changes to an open file. Raises OSError.

    Times are whole seconds, as everywhere in layers; marks for removed entries have no time.
    """
    with _Output(target) as output:
        for change in changes:
            if isinstance(change, Removal):
                output.add(Header(header.FILE, change.name).encode())
                continue
            entry = describe(change)
            output.add(entry.encode())
            if entry.size:
                _add_content(output, change.path, entry.size)
        output.add(bytes(2 * BLOCK))
        return output.finish()


def describe(change: Change) -> Header:
    """The header of a change."""
    status = change.status
    kind = header.LINK if change.linked else _KINDS[stat.S_IFMT(status.st_mode)]
    device = kind in (header.CHARACTER, header.BLOCK_DEVICE)
    return Header(
        kind,
        change.name + b"/" if kind == header.FOLDER else change.name,
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_size if kind == header.FILE else 0,
        status.st_mtime_ns // 10**9,
        change.target,
        (os.major(status.st_rdev), os.minor(status.st_rdev)) if device else (0, 0),
        change.attributes,
    )


def _add_content(output: _Output, path: bytes, size: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        left = size
        while left:
            data = os.read(descriptor, min(left, CHUNK))
            if not data:
                raise OSError(f"{os.fsdecode(path)} became shorter while it was read")
            output.add(data)
            left -= len(data)
    finally:
        os.close(descriptor)
    output.add(bytes(-size % BLOCK))


class _Output:
    """Writes to a file while another thread computes the digest, which takes as long."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._size = 0
        self._small = bytearray()
        self._digest = hashlib.sha256()
        self._queue: queue.Queue[bytes] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> _Output:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._queue.put(b"")
            self._thread.join()

    def add(self, data: bytes) -> None:
        """Write some more; small pieces are put together."""
        if len(data) < CHUNK // 16:
            self._small += data
            if len(self._small) < CHUNK:
                return
            data = b""
        if self._small:
            self._pass_on(bytes(self._small))
            self._small.clear()
        if data:
            self._pass_on(data)

    def finish(self) -> Archive:
        """Write what is left; the digest and the size of all."""
        if self._small:
            self._pass_on(bytes(self._small))
        self._queue.put(b"")
        self._thread.join()
        return Archive(f"sha256:{self._digest.hexdigest()}", self._size)

    def _pass_on(self, data: bytes) -> None:
        self._queue.put(data)
        self._size += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._target, view) :]

    def _follow(self) -> None:
        while data := self._queue.get():
            self._digest.update(data)

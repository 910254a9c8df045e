"""`type=tar`: the files of the result as an archive, written while they are read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from rootbuild.files.digest import CAPABILITY
from rootbuild.files.rootfs import READ
from rootbuild.image import tarheader as header
from rootbuild.image.tarheader import BLOCK, Header
from rootbuild.outputs.sink import FileSink, became_shorter
from rootbuild.outputs.walk import Found, walk
from rootbuild.records import replace

_KINDS = {
    stat.S_IFREG: header.FILE,
    stat.S_IFLNK: header.SYMLINK,
    stat.S_IFDIR: header.FOLDER,
    stat.S_IFIFO: header.FIFO,
    stat.S_IFCHR: header.CHARACTER,
    stat.S_IFBLK: header.BLOCK_DEVICE,
}
_NO_ATTRIBUTES = (errno.EOPNOTSUPP, errno.EPERM, errno.EACCES)


class Tar:
    """An archive in an open file or pipe. `date` (seconds) is what all gets instead of its own.

    With a prefix, things go into a folder of that name. Methods raise OSError.
    """

    def __init__(self, target: int, date: int | None) -> None:
        self._sink = FileSink(target)
        self._date = date

    def add(self, root: Path, prefix: str = "") -> None:
        """Write what is below a root. Owners are the container's."""
        above = prefix.encode()
        if above:
            folder = Header(header.FOLDER, above + b"/", 0o755, mtime=self._date or 0)
            self._sink.write(folder.encode())
        for found in walk(os.fsencode(root)):
            _add(self._sink, _below(found, above), self._date)

    def add_file(self, name: str, data: bytes, prefix: str = "") -> None:
        """Write a file of ours."""
        path = f"{prefix}/{name}" if prefix else name
        size = len(data)
        head = Header(header.FILE, path.encode(), 0o644, size=size, mtime=self._date or 0)
        self._sink.write(head.encode() + data + bytes(-size % BLOCK))

    def finish(self) -> int:
        """End the archive; gives its size."""
        self._sink.write(bytes(2 * BLOCK))
        self._sink.flush()
        return self._sink.written


def write_tar(root: Path, target: int, date: int | None) -> int:
    """Write what is below a root as a whole archive; gives its size."""
    tar = Tar(target, date)
    tar.add(root)
    return tar.finish()


def _below(found: Found, above: bytes) -> Found:
    if not above:
        return found
    target = above + b"/" + found.target if found.linked else found.target
    return replace(found, name=above + b"/" + found.name, target=target)


def _add(sink: FileSink, found: Found, date: int | None) -> None:
    if found.kind != stat.S_IFREG or found.linked:
        sink.write(describe(found, date).encode())
        return
    descriptor = os.open(found.path, READ)
    try:
        if os.fstat(descriptor).st_size != found.status.st_size:
            raise became_shorter()
        sink.write(describe(found, date, _attributes(descriptor)).encode())
        sink.copy(descriptor, found.status.st_size)
    finally:
        os.close(descriptor)
    sink.write(bytes(-found.status.st_size % BLOCK))


def describe(
    found: Found, date: int | None, attributes: tuple[tuple[str, bytes], ...] = ()
) -> Header:
    """The header of an entry."""
    status = found.status
    kind = header.LINK if found.linked else _KINDS[found.kind]
    device = kind in (header.CHARACTER, header.BLOCK_DEVICE)
    return Header(
        kind,
        found.name + b"/" if kind == header.FOLDER else found.name,
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_size if kind == header.FILE else 0,
        status.st_mtime_ns // 10**9 if date is None else date,
        found.target,
        (os.major(status.st_rdev), os.minor(status.st_rdev)) if device else (0, 0),
        attributes,
    )


def _attributes(descriptor: int) -> tuple[tuple[str, bytes], ...]:
    """Capabilities, and users' own attributes."""
    try:
        names = os.listxattr(descriptor)
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise
        return ()
    kept = (name for name in sorted(names) if name == CAPABILITY or name.startswith("user."))
    return tuple((name, os.getxattr(descriptor, name)) for name in kept)

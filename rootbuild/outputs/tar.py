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

_KINDS = {
    stat.S_IFREG: header.FILE,
    stat.S_IFLNK: header.SYMLINK,
    stat.S_IFDIR: header.FOLDER,
    stat.S_IFIFO: header.FIFO,
    stat.S_IFCHR: header.CHARACTER,
    stat.S_IFBLK: header.BLOCK_DEVICE,
}
_NO_ATTRIBUTES = (errno.EOPNOTSUPP, errno.EPERM, errno.EACCES)


def write_tar(root: Path, target: int, date: int | None) -> int:
    """Write what is below a root into an open file or pipe; gives the size. Raises OSError.

    Owners are the container's. `date` (seconds) is what all gets instead of its own.
    """
    sink = FileSink(target)
    for found in walk(os.fsencode(root)):
        _add(sink, found, date)
    sink.write(bytes(2 * BLOCK))
    sink.flush()
    return sink.written


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

"""A context that comes as an archive."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from rootbuild.errors import BuildError, ContextError
from rootbuild.files.archive.compression import is_compressed
from rootbuild.files.attributes import Attributes, CopyOptions
from rootbuild.files.failure import explained
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.unpack import Unpacker, unpack


def unpack_context(file: IO[bytes], folder: Path) -> bool:
    """Unpack a file (open at its start) into an empty folder, if it is a tar archive.

    Says whether it is one; that is told by its first bytes, also behind gzip, bzip2, xz or zstd.
    Owners do not matter for contexts, so all becomes ours. Raises ContextError for a damaged
    archive and for anything else that is compressed, HostError for a full disk.
    """
    attributes = Attributes(CopyOptions(ours=True))
    with explained("unpack the build context"), Rootfs(folder) as root:
        try:
            with Unpacker(root, attributes, over=None) as unpacker:
                found = unpack(file, unpacker, tuple)
        except BuildError as error:
            raise _bad(error.report.message) from error
        if not found and is_compressed(file):
            raise _bad("what is compressed in it is no tar archive")
    return found


def _bad(why: str) -> ContextError:
    return ContextError(
        f"cannot unpack the build context: {why}", hint="look at it with `tar -tvf`"
    )

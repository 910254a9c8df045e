"""Digests of the context's files, remembered by what `stat` says of them, as git's index does."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.cache.database import Cache, FileState


class FileDigests:
    """Serves `rootbuild.files.digest.DigestCache` out of the cache index.

    A key is (device, inode, size, mtime_ns, ctime_ns). One entry is kept per file: an older state
    of it is replaced. What is put is written when the cache is closed, in one transaction.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def get(self, keys: Sequence[FileState]) -> list[str | None]:
        """The digests of files in just those states."""
        return self._cache.file_digests(keys)

    def put(self, key: FileState, digest: str) -> None:
        """Remember the digest of a file in that state."""
        self._cache.remember_file(key, digest)

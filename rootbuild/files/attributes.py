"""Owner, mode, times and capabilities of what a copy makes."""

from __future__ import annotations

import errno
import os

from rootbuild.errors import BuildError
from rootbuild.files.archive.entry import Entry
from rootbuild.files.dated import Times, stamp
from rootbuild.files.digest import CAPABILITY, capability
from rootbuild.files.entries import FileStatus
from rootbuild.files.mode import Chmod
from rootbuild.files.owner import ROOT_OWNER, Owner
from rootbuild.files.rootfs import NewDirectory
from rootbuild.records import dataclass, replace

_NO_CAPABILITIES = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.EINVAL))
_MAX_ID = 2**32 - 2  # the last number means "leave it as it is" to the kernel


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """The flags of a COPY or ADD.

    `owner` is --chown's (None without the flag), `mode` is --chmod's. `keep_owner` is for COPY
    --from: entries keep their ids and file capabilities; without it they belong to root. `several`
    tells that the instruction has more sources than this part of it, so that the destination must
    be a directory. `unpack` is ADD's: archives are extracted. With `ours` what an archive holds
    belongs to who unpacks it, which needs no rights, and has no capabilities.
    be a directory. `unpack` is ADD's: archives are extracted. `created` (seconds) is the date that
    all but the content of archives gets instead of the source's.
    """

    owner: Owner | None = None
    mode: Chmod | None = None
    keep_owner: bool = False
    several: bool = False
    unpack: bool = False
    ours: bool = False
    created: int | None = None


class Attributes:
    """Gives new entries their attributes, as the options of a copy say."""

    def __init__(self, options: CopyOptions) -> None:
        self._options = options

    def new_directory(self) -> NewDirectory:
        """How directories are made that only lead to the destination, or are the destination."""
        return NewDirectory(self._options.owner or ROOT_OWNER, self.mode(0o755, directory=True))

    def mode(self, mode: int, *, directory: bool = False) -> int:
        """The permission bits for an entry that has these in the source."""
        change = self._options.mode
        return change.apply(mode & 0o7777, directory=directory) if change else mode & 0o7777

    def owner(self, status: FileStatus) -> Owner:
        """The owner for an entry that has these attributes in the source."""
        if self._options.owner is not None:
            return self._options.owner
        return Owner(status.st_uid, status.st_gid) if self._options.keep_owner else ROOT_OWNER

    def apply(self, target: int, status: FileStatus, *, directory: bool = False) -> None:
        """Give an open file or directory the attributes that belong to the source's `status`."""
        self.owner(status).give(target)
        mode = self.mode(status.st_mode, directory=directory)
        os.fchmod(target, mode)  # not before: a new owner clears setuid
        os.utime(target, ns=self._times(status))

    def apply_new(self, target: int, mode: int) -> None:
        """Give an open file that has no source its owner and mode."""
        (self._options.owner or ROOT_OWNER).give(target)
        os.fchmod(target, self.mode(mode))
        if self._options.created is not None:
            os.utime(target, ns=stamp(self._options.created))

    def apply_capability(self, source: int, target: int) -> None:
        """Keep a file's capabilities, where this host lets us; after `apply`, which drops them."""
        if not self._options.keep_owner:
            return
        _set_capabilities(target, capability(source))

    def apply_at(self, directory: int, name: str, status: FileStatus) -> None:
        """Give a link its owner and times; it has no mode of its own."""
        self.owner(status).give_at(directory, name)
        os.utime(name, ns=self._times(status), dir_fd=directory, follow_symlinks=False)

    def apply_special(self, directory: int, name: str, status: FileStatus) -> None:
        """Give a device or FIFO, which must not be opened, its attributes."""
        self.apply_at(directory, name, status)
        _change_mode(directory, name, self.mode(status.st_mode))

    def apply_entry(self, target: int, entry: Entry) -> None:
        """Give an open file or directory what an archive says; --chmod is not for archives."""
        if not self._options.ours:
            self._entry_owner(entry).give(target)
            _set_capabilities(target, entry.capabilities)
        os.fchmod(target, entry.mode)
        os.utime(target, ns=(entry.atime_ns, entry.mtime_ns))

    def apply_entry_at(self, directory: int, name: str, entry: Entry, *, link: bool) -> None:
        """Give a symbolic or hard link what an archive says."""
        if not self._options.ours:
            self._entry_owner(entry).give_at(directory, name)
        if not link:
            _change_mode(directory, name, entry.mode)
        times = (entry.atime_ns, entry.mtime_ns)
        os.utime(name, ns=times, dir_fd=directory, follow_symlinks=False)

    def implied(self, directory: NewDirectory) -> NewDirectory:
        """How a directory is made that an archive does not list."""
        return replace(directory, owner=None) if self._options.ours else directory

    def _times(self, status: FileStatus) -> Times:
        if self._options.created is not None:
            return stamp(self._options.created)
        return status.st_atime_ns, status.st_mtime_ns

    def _entry_owner(self, entry: Entry) -> Owner:
        owner = self._options.owner or Owner(entry.uid, entry.gid)
        if not (0 <= owner.uid <= _MAX_ID and 0 <= owner.gid <= _MAX_ID):
            raise BuildError(f"the archive has an impossible owner: {owner.uid}:{owner.gid}")
        return owner


def _change_mode(directory: int, name: str, mode: int) -> None:
    """The mode of an entry that is no link and must not be opened."""
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.chmod(f"/proc/self/fd/{handle}", mode)
    finally:
        os.close(handle)


def _set_capabilities(target: int, value: bytes) -> None:
    if value:
        try:
            os.setxattr(target, CAPABILITY, value)
        except OSError as error:
            if error.errno not in _NO_CAPABILITIES:
                raise

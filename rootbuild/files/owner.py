"""Who owns a file, as numbers of the image."""

from __future__ import annotations

import errno
import os

from rootbuild.errors import HostError
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """A user and a group id, as seen in the image."""

    uid: int
    gid: int

    def give(self, descriptor: int) -> None:
        """Make an open file or directory this owner's."""
        try:
            os.fchown(descriptor, self.uid, self.gid)
        except OSError as error:
            raise self._refused(error) from error

    def give_at(self, directory: int, name: str) -> None:
        """Make an entry of an open directory this owner's; a link itself, not its target."""
        try:
            os.chown(name, self.uid, self.gid, dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> Exception:
        """The kernel says EINVAL for an id that the user namespace does not have."""
        if error.errno != errno.EINVAL:
            return error
        return HostError(
            f"the owner {self.uid}:{self.gid} is not among the ids that this user may use",
            id="id-not-mapped",
            hint="give the user larger ranges in /etc/subuid and /etc/subgid",
        )


ROOT_OWNER = Owner(0, 0)

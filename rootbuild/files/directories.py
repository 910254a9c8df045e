"""WORKDIR: a directory that must exist."""

from __future__ import annotations

from rootbuild.errors import BuildError
from rootbuild.files.failure import explained
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import NewDirectory, Rootfs


def make_workdir(rootfs: Rootfs, path: str, uid: int, gid: int) -> bool:
    """Make what is missing of an absolute path: 0755, owned by `uid` and `gid`.

    What exists stays as it is. Gives whether anything was made. Raises BuildError where a file is
    in the way, HostError without space.
    """
    with explained(f"make the directory {path}"):
        try:
            return rootfs.make_directories(path, NewDirectory(Owner(uid, gid))).created
        except NotADirectoryError as error:
            raise BuildError(
                f"cannot make the directory {path}: a file of the image is in its way"
            ) from error

"""--link: a copy as if into an empty root, laid over what is there.

What the instruction has not made itself does not exist for it: links of the image are not followed,
files and directories of the image give way to each other, and directories on the way to the
destination get the attributes of new ones. Only directories are merged.
"""

from __future__ import annotations

import os
import stat

from rootbuild.files.paths import Parts
from rootbuild.files.remove import remove_tree
from rootbuild.files.rootfs import NewDirectory, Rootfs


class Layover:
    """Remembers what one instruction has made in a root filesystem.

    `untouched` says that nothing of the image gave way, or shows in what was made: the same layer
    could lie on top of any other image.
    """

    def __init__(self, rootfs: Rootfs) -> None:
        self._rootfs = rootfs
        self._made: set[Parts] = set()
        self.untouched = True

    def made(self, place: Parts) -> bool:
        """Whether a place is the instruction's own."""
        return place in self._made

    def claim(self, place: Parts, *, directory: bool) -> None:
        """Make way for an entry that is about to be made; its directory is there.

        Nothing of the image is left at the place, except for a directory where one is made.
        """
        if place in self._made:
            return
        self._made.add(place)
        with self._rootfs.trail() as trail:
            above = trail.at(place[:-1])
            try:
                status = os.stat(place[-1], dir_fd=above, follow_symlinks=False)
            except FileNotFoundError:
                return
            if not stat.S_ISDIR(status.st_mode):
                self.untouched = False
                os.unlink(place[-1], dir_fd=above)
            elif not directory:
                self.untouched = False
                remove_tree(trail, place)
            elif os.listxattr(f"/proc/self/fd/{trail.at(place)}"):
                self.untouched = False

    def make_directories(self, parts: Parts, make: NewDirectory) -> None:
        """Make a directory and those above it, like new: also where the image has them."""
        for depth in range(1, len(parts) + 1):
            place = parts[:depth]
            if not self.made(place):
                self.claim(place, directory=True)
                self._make(place, make)

    def _make(self, place: Parts, make: NewDirectory) -> None:
        with self._rootfs.trail() as trail:
            above = trail.at(place[:-1])
            try:
                os.mkdir(place[-1], 0o700, dir_fd=above)
            except FileExistsError:
                os.utime(place[-1], dir_fd=above, follow_symlinks=False)
            make.own(above, place[-1])

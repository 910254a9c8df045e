"""Where a COPY puts things: BuildKit's rules for the last argument."""

from __future__ import annotations

from rootbuild.errors import BuildError
from rootbuild.files.layover import Layover
from rootbuild.files.paths import Parts, shown, split
from rootbuild.files.rootfs import NewDirectory, Place, Rootfs
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination in a root filesystem.

    `parts` are the names of its cleaned, absolute path; `directory` says whether it can only be a
    directory; `make` is how missing directories are made. With `over` (--link) what the image has
    does not count.
    """

    rootfs: Rootfs
    parts: Parts
    directory: bool
    make: NewDirectory
    over: Layover | None = None

    def for_directory(self) -> Parts:
        """Where a directory's content goes: the real place of a directory, made if missing."""
        try:
            if self.over is not None:
                self.over.make_directories(self.parts, self.make)
                return self.parts
            return self.rootfs.make_directories(self.parts, self.make).parts
        except NotADirectoryError as error:
            raise BuildError(
                f"cannot copy to non-directory: {shown(self.parts)}",
                hint="a file of the image is where a directory has to be",
            ) from error

    def for_file(self, name: str) -> Parts:
        """Where a file of this name goes, with the directories on the way made.

        A link as the last name is followed: the file lands where the link points.
        """
        if self.directory:
            return (*self.for_directory(), name)
        if self.over is not None and not self.over.made(self.parts):
            self.over.make_directories(self.parts[:-1], self.make)
            return self.parts
        place = self._place()
        return (*place.parts, name) if place.is_directory else place.parts

    def _place(self) -> Place:
        try:
            return self.rootfs.resolve(self.parts, make=self.make)
        except NotADirectoryError as error:
            raise BuildError(
                f"cannot copy to {shown(self.parts)}: a file of the image is in its way"
            ) from error


def destination(
    rootfs: Rootfs,
    path: str,
    workdir: str,
    *,
    directory: bool,
    make: NewDirectory,
    over: Layover | None = None,
) -> Destination:
    """Read the last argument of COPY or ADD, as expanded, in a working directory (absolute).

    It is a directory when it ends with `/` or `/.`, is `.` or empty, or with `directory` (several
    sources); otherwise what is there, and what is copied, decides.
    """
    named = path in ("", ".") or path.endswith(("/", "/."))
    parts = split(absolute(path, workdir))
    return Destination(rootfs, parts, directory or named or not parts, make, over)


def absolute(path: str, workdir: str) -> str:
    """A destination as a path from the root, not cleaned."""
    return path if path.startswith("/") else f"{workdir}/{path}"

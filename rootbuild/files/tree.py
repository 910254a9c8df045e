"""What the sources of a COPY can be selected from."""

from __future__ import annotations

from typing import Protocol

from rootbuild.errors import BuildError, RootbuildError
from rootbuild.files.rootfs import Rootfs


class Tree(Protocol):
    """A directory tree, some of whose entries may be hidden.

    Paths are relative to its root, clean, with slashes; `""` is the root itself, which is never
    asked about.
    """

    @property
    def root(self) -> Rootfs:
        """The tree as a confined root, open for as long as selections from it are used."""
        ...

    @property
    def whole(self) -> bool:
        """Whether nothing at all is hidden."""
        ...

    def ignored(self, path: str) -> bool:
        """Whether an entry is hidden, by itself or by a directory above it."""
        ...

    def may_hold_included(self, directory: str) -> bool:
        """Whether something below a hidden directory may be visible. True is always safe."""
        ...

    def missing(self, path: str) -> RootbuildError:
        """The error for a source that is not there; `path` as shown to users, from `/`."""
        ...

    def unreadable(self, path: str, error: OSError) -> RootbuildError:
        """The error for an entry that the system does not let us read."""
        ...


class RootfsTree:
    """All of a root filesystem: an earlier stage, or an image."""

    def __init__(self, root: Rootfs) -> None:
        self.root = root
        self.whole = True

    def ignored(self, path: str) -> bool:
        """Nothing is hidden in an image."""
        return False

    def may_hold_included(self, directory: str) -> bool:
        """Everything is visible in an image."""
        return True

    def missing(self, path: str) -> RootbuildError:
        """BuildKit's words, for which people search."""
        return BuildError(
            not_found(path), hint="the stage or image that --from names has no such file"
        )

    def unreadable(self, path: str, error: OSError) -> RootbuildError:
        """Files of an image can be read inside the build's user namespace, whoever owns them."""
        return BuildError(f'cannot read "{path}" of the stage or image: {error.strerror}')


def not_found(path: str) -> str:
    """What BuildKit says about a source that is not there."""
    return f'failed to calculate checksum of ref: "{path}": not found'

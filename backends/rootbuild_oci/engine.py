"""What an engine adds to what is shared: its commands, and ways of its own to run a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from rootbuild.backend import Problem, PullPolicy, StoredImage
from rootbuild.records import dataclass

if TYPE_CHECKING:  # a build with nothing to do needs none of it
    from rootbuild.choices import Way
    from rootbuild_oci.step import Step

Argv = tuple[str, ...]


class Commands(Protocol):
    """An engine's command lines, as pure functions; a module can be one."""

    def unshare(self, argv: Sequence[str], /) -> Argv:
        """Run `argv` as root of a user namespace, in a mount namespace that is its own."""
        ...

    def working_container(self, name: str, image: str | None, /) -> Argv:
        """Make a container of that name, for `mount`, on top of an image (id) or of nothing."""
        ...

    def remove_containers(self, *names: str) -> Argv:
        """Remove containers, mounted or not."""
        ...

    def mount(self, name: str, /) -> Argv:
        """Mount a container; prints the path in its last line."""
        ...

    def unmount(self, name: str, /) -> Argv:
        """Undo `mount`."""
        ...

    def commit(self, name: str, /) -> Argv:
        """Keep a container's changes as an image without a name; prints its id last."""
        ...

    def load_folder(self, folder: Path, /) -> Argv:
        """Make an image out of a folder in the layout of the `dir:` transport; prints its id last.

        The folder is our own, so no signature is asked for, whatever the host's policy.
        """
        ...

    def pull(self, reference: str, policy: PullPolicy, platform: str | None, /) -> Argv:
        """Bring an image from its registry; prints its id last."""
        ...

    def create_index(self, name: str, /) -> Argv:
        """Make an empty index of that name, which nothing has yet; prints its id last."""
        ...

    def add_to_index(self, name: str, image: str, /) -> Argv:
        """Add an image (id) of the store to an index, for its own platform."""
        ...

    def remove_index(self, name: str, /) -> Argv:
        """Remove an index; by one of several names, that name alone. Its images stay."""
        ...

    def tag(self, image: str, /, *names: str) -> Argv:
        """Give an image more names."""
        ...

    def remove_image(self, image: str, /) -> Argv:
        """Remove an image that nothing uses."""
        ...


class Answers(Protocol):
    """What an engine says of its images, where the store's files do not; a module can be one."""

    def folder(self) -> Path:
        """Where its images are."""
        ...

    def images(self) -> tuple[StoredImage, ...]:
        """All images, nameless ones too."""
        ...

    def config(self, image: str, /) -> bytes:
        """The config of an image, as its id was computed from. KeyError if there is none."""
        ...


class OwnWays(Protocol):
    """An engine's own ways to run a step, for hosts where no OCI runtime works by itself.

    A module can be one. `LAST` is the one to take when runtimes refuse; `ANY_ROOT` tells whether
    they run steps in any root filesystem, or in working containers of the engine's alone;
    `MOUNT_POINTS` are what they make in a root filesystem to mount something on.
    """

    LAST: str
    ANY_ROOT: bool
    MOUNT_POINTS: tuple[str, ...]

    def ways(self) -> tuple[Way, ...]:
        """These ways, the likeliest first."""
        ...

    def run(self, way: str, folder: Path, step: Step, output: IO[bytes], /) -> int:
        """Run a step in one of the ways; gives its exit code.

        `folder` is a private one for this step. Raises HostError for what cannot be served, and
        NeverStartedError where nothing of it has run.
        """
        ...

    def forget(self, folder: Path, /) -> None:
        """End and remove what `run` may have left of a step that had this private folder."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine. `own_ways` loads what a build with nothing to do does not need.

    `scratch` tells whether its containers can stand on nothing; else they get an empty image.
    """

    name: str
    check: Callable[[], Problem | None]
    commands: Commands
    answers: Answers
    own_ways: Callable[[], OwnWays]
    scratch: bool = True

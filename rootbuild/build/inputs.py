"""Reading what a build starts from: the Dockerfile and the ignore file."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.build.contexts import DOCKERFILE_LIMIT, Contexts, Place
from rootbuild.build.options import BuildOptions
from rootbuild.context.ignorefile import find_ignore_file
from rootbuild.context.origin import STDIN, Stdin
from rootbuild.errors import ContextError, UsageError
from rootbuild.files.rootfs import Rootfs
from rootbuild.records import dataclass

if TYPE_CHECKING:  # a build with nothing to do does not parse its Dockerfile
    from rootbuild.dockerfile.instructions import Dockerfile

DOCKERFILE = "Dockerfile"


@dataclass(frozen=True, slots=True)
class Source:
    """The Dockerfile's bytes, and the context that belongs to it.

    `name` is how messages call it. It is a file of this host at `path`, or one of a context that
    was fetched at `inside`; from elsewhere (such as standard input) it has neither.
    """

    name: str
    path: Path | None
    data: bytes
    context: Place
    inside: str = ""


def read_dockerfile(options: BuildOptions, contexts: Contexts) -> Source:
    """Find and read the Dockerfile. Raises ContextError when there is none."""
    wanted = options.dockerfile
    if wanted == STDIN:
        if isinstance(options.context, Stdin):
            raise UsageError(
                "invalid argument: can't use stdin for both build context and dockerfile",
                exit_code=1,
            )
        return Source(DOCKERFILE, None, contexts.text(wanted), contexts.main())
    place = contexts.main()
    if wanted is not None and wanted.startswith(("http://", "https://")):
        return Source(DOCKERFILE, None, contexts.text(wanted), place)
    if place.dockerfile is not None and isinstance(options.context, Stdin) and wanted:
        raise UsageError(
            "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles",
            exit_code=1,
        )
    local = (
        wanted is not None and posixpath.isabs(wanted) and not isinstance(options.context, Stdin)
    )
    if place.fetched and not local:
        return _inside(place, wanted or DOCKERFILE)
    return _outside(place, wanted, contexts)


def parse_dockerfile(source: Source) -> Dockerfile:
    """Parse what was read."""
    from rootbuild.dockerfile.parse import parse

    return parse(source.data, source.name)


def ignore_patterns(source: Source) -> tuple[str, ...]:
    """The patterns of the build's ignore file; none without one."""
    with Rootfs(source.context.folder) as root:
        found = find_ignore_file(root, source.path, source.inside)
    if found is None:
        return ()
    from rootbuild.dockerfile.ignore import parse_ignore

    return parse_ignore(found.content)


def _outside(place: Place, wanted: str | None, contexts: Contexts) -> Source:
    path = _path(place.folder / DOCKERFILE if wanted is None else Path(wanted))
    try:
        return Source(path.name, path, contexts.file(path), place)
    except FileNotFoundError as error:
        raise _missing(path.name, str(path)) from error
    except OSError as error:
        raise ContextError(
            f"failed to read dockerfile: open {path.name}: {error.strerror}",
            id="dockerfile-missing",
        ) from error


def _path(path: Path) -> Path:
    """The file that is named, or the usual one; either may be in lower case."""
    lower = path.with_name(DOCKERFILE.lower())
    if path.name != DOCKERFILE or os.path.exists(path) or not os.path.exists(lower):
        return path
    return lower


def _inside(place: Place, wanted: str) -> Source:
    """A file of a context that was fetched, out of which links cannot lead."""
    if place.dockerfile is not None:
        return Source(DOCKERFILE, None, place.dockerfile, place)
    folder, name = posixpath.split(wanted)
    names = (name, name.lower()) if name == DOCKERFILE else (name,)
    with Rootfs(place.folder) as root:
        for found in names:
            path = posixpath.join(folder, found)
            try:
                data = root.read_file(path, DOCKERFILE_LIMIT)
            except OSError as error:
                raise ContextError(
                    f"failed to read dockerfile: open {wanted}: {error.strerror}",
                    id="dockerfile-missing",
                ) from error
            if data is not None:
                return Source(found, None, data, place, path)
    raise _missing(wanted, f"{wanted} in the context {place.fetched}")


def _missing(name: str, looked_for: str) -> ContextError:
    return ContextError(
        f"failed to read dockerfile: open {name}: no such file or directory",
        id="dockerfile-missing",
        hint=f"looked for {looked_for}; name another one with -f",
    )

"""Reading what a build starts from: the Dockerfile, the ignore file, the context folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.build.options import BuildOptions
from rootbuild.context.directory import DirectoryContext
from rootbuild.context.ignorefile import find_ignore_file
from rootbuild.errors import ContextError
from rootbuild.files.rootfs import Rootfs

if TYPE_CHECKING:  # a build with nothing to do does not parse its Dockerfile
    from rootbuild.dockerfile.instructions import Dockerfile

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """The Dockerfile's bytes: `name` is how messages call it, `path` is None for standard input."""

    name: str
    path: Path | None
    data: bytes


def read_dockerfile(options: BuildOptions) -> Source:
    """Find and read the Dockerfile. Raises ContextError when there is none."""
    if not options.context.is_dir():
        raise ContextError(
            f"unable to prepare context: path {str(options.context)!r} not found",
            id="context-missing",
            hint="give the folder that holds the files to build from: . for the current one",
        )
    if options.dockerfile == STDIN:
        return Source("Dockerfile", None, options.stdin)
    path = _path(options)
    try:
        return Source(path.name, path, path.read_bytes())
    except FileNotFoundError as error:
        raise ContextError(
            f"failed to read dockerfile: open {path.name}: no such file or directory",
            id="dockerfile-missing",
            hint=f"looked for {path}; name another one with -f",
        ) from error
    except OSError as error:
        raise ContextError(
            f"failed to read dockerfile: open {path.name}: {error.strerror}",
            id="dockerfile-missing",
        ) from error


def parse_dockerfile(source: Source) -> Dockerfile:
    """Parse what was read."""
    from rootbuild.dockerfile.parse import parse

    return parse(source.data, source.name)


def ignore_patterns(options: BuildOptions, source: Source) -> tuple[str, ...]:
    """The patterns of the build's ignore file; none without one."""
    with Rootfs(options.context) as root:
        found = find_ignore_file(root, source.path)
    if found is None:
        return ()
    from rootbuild.dockerfile.ignore import parse_ignore

    return parse_ignore(found.content)


def find_context(options: BuildOptions, source: Source) -> DirectoryContext:
    """The context folder, seen through its ignore file; to be opened by a `with` block."""
    patterns = ignore_patterns(options, source)
    if not patterns:
        return DirectoryContext(options.context)
    from rootbuild.dockerfile.ignore import Matcher

    return DirectoryContext(options.context, Matcher(patterns))


def _path(options: BuildOptions) -> Path:
    if options.dockerfile is not None:
        return Path(options.dockerfile)
    path = options.context / "Dockerfile"
    if not path.exists() and (options.context / "dockerfile").exists():
        return options.context / "dockerfile"
    return path

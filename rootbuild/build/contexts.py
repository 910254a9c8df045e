"""The contexts of a build as folders of this host, each brought here when it is first needed.

One object serves both halves of a build: what was fetched outside of the user namespace is used
inside of it too, and is gone when the build is over.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rootbuild.booleans import read_boolean
from rootbuild.build.meter import ContextMeter
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.context.origin import STDIN, Nothing, Stdin
from rootbuild.context.scratch import scratch, sweep
from rootbuild.errors import ContextError, unreachable
from rootbuild.records import dataclass, replace

if TYPE_CHECKING:  # a build with nothing to do needs none of these
    from rootbuild.graph.stages import ContextBase
    from rootbuild.remote.sources import GitSource, HttpSource

DOCKERFILE_LIMIT = 64 << 20
KEEP_GIT_DIR = "BUILDKIT_CONTEXT_KEEP_GIT_DIR"
_LOADING = "[internal] load remote build context"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a context is. `fetched` is what messages call one that is no folder of the user's.

    `dockerfile` is the Dockerfile that came in place of files.
    """

    folder: Path
    fetched: str = ""
    dockerfile: bytes | None = None


class Contexts:
    """A context manager. `cache` is the cache folder, `stdin` what `-` stands for."""

    def __init__(
        self,
        options: BuildOptions,
        cache: Path,
        remotes: Remotes,
        vertices: Vertices,
        stdin: IO[bytes],
    ) -> None:
        self.remotes = remotes
        self.vertices = vertices
        self.meter = ContextMeter(vertices)
        self._options = options
        self._cache = cache
        self._stdin = stdin
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._scratch: Path | None = None
        self._main: Place | None = None
        self._named: dict[ContextBase, Place] = {}
        self._texts: dict[str, bytes] = {}
        self._files: dict[Path, bytes] = {}
        self._numbers = itertools.count()

    def __enter__(self) -> Contexts:
        sweep(self._cache / "contexts")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def main(self) -> Place:
        """The context that the build was started with. Raises RootbuildError."""
        with self._lock:
            if self._main is None:
                self._main = self._find_main()
            return self._main

    def named(self, context: ContextBase) -> Place:
        """A named context. Raises RootbuildError."""
        with self._lock:
            if context not in self._named:
                self._named[context] = self._find_named(context)
            return self._named[context]

    def text(self, where: str) -> bytes:
        """A Dockerfile that is no file of this host: on standard input (`-`), or behind a URL."""
        if where not in self._texts:
            self._texts[where] = self._read(where)
        return _checked(self._texts[where])

    def file(self, path: Path) -> bytes:
        """A Dockerfile of this host, read once: it may be a pipe. Raises OSError."""
        if path not in self._files:
            self._files[path] = path.read_bytes()
        return self._files[path]

    def _read(self, where: str) -> bytes:
        """No more than is needed to tell what is too large, so that it is said each time."""
        if where == STDIN:
            return self._stdin.read(DOCKERFILE_LIMIT + 1)
        from rootbuild.remote.sources import HttpSource

        with self._downloaded(HttpSource(where)).open("rb") as file:
            return file.read(DOCKERFILE_LIMIT + 1)

    def _find_main(self) -> Place:
        origin = self._options.context
        if isinstance(origin, Path):
            return Place(_folder(origin))
        from rootbuild.remote.sources import GitSource, HttpSource

        match origin:
            case Nothing():
                return Place(self._new_folder(), "nothing")
            case Stdin():
                with self.vertices.open(_LOADING):
                    return self._received()
            case HttpSource():
                path = self._downloaded(origin)
                with self.vertices.open(_LOADING), path.open("rb") as file:
                    return self._unpacked(file, origin.shown)
            case GitSource():
                return self._checked_out(origin)
            case _:
                unreachable(origin)

    def _find_named(self, context: ContextBase) -> Place:
        from rootbuild.remote.sources import GitSource, HttpSource

        origin = context.origin
        match origin:
            case Path():
                return Place(_named_folder(origin, context.name))
            case Nothing():
                return Place(self._new_folder(), context.name)
            case HttpSource():
                path = self._downloaded(origin)
                with self.vertices.open(f"[context {context.name}] {origin.shown}"):
                    return self._file_or_files(path, origin.shown)
            case GitSource():
                return self._checked_out(origin)
            case Stdin():
                raise AssertionError("standard input has no name")
            case _:
                unreachable(origin)

    def _received(self) -> Place:
        """Standard input goes to the disk first: it may be larger than memory."""
        import shutil

        from rootbuild.files.failure import explained

        path = self._new_folder() / "input"
        with explained("keep the build context"), path.open("w+b") as file:
            shutil.copyfileobj(self._stdin, file, 1 << 20)
            file.seek(0)
            place = self._unpacked(file, "from standard input")
        path.unlink()
        return place

    def _unpacked(self, file: IO[bytes], shown: str) -> Place:
        """The files of an archive; anything else is a Dockerfile that has none."""
        from rootbuild.context.archive import unpack_context

        folder = self._new_folder()
        if unpack_context(file, folder):
            return Place(folder, shown)
        file.seek(0)
        return Place(folder, shown, _limited(file))

    def _file_or_files(self, path: Path, shown: str) -> Place:
        """The files of an archive, or else a single file of BuildKit's choice of name."""
        import shutil

        from rootbuild.context.archive import unpack_context

        folder = self._new_folder()
        with path.open("rb") as file:
            if not unpack_context(file, folder):
                shutil.copy2(path, folder / "context")
        return Place(folder, shown)

    def _downloaded(self, source: HttpSource) -> Path:
        from rootbuild.remote.download import CONTENT

        return self.remotes.folder(source, self.vertices) / CONTENT

    def _checked_out(self, source: GitSource) -> Place:
        if read_boolean(self._options.build_args.get(KEEP_GIT_DIR) or ""):
            source = replace(source, keep_git_dir=True)
        return Place(self.remotes.folder(source, self.vertices), source.shown)

    def _new_folder(self) -> Path:
        """An empty folder that is gone with the build."""
        if self._scratch is None:
            self._scratch = self._stack.enter_context(scratch(self._cache / "contexts"))
        folder = self._scratch / str(next(self._numbers))
        folder.mkdir(mode=0o755)
        return folder


def _folder(path: Path) -> Path:
    if not os.path.isdir(path):
        why = _hindrance(path)
        raise ContextError(
            f"unable to prepare context: path {str(path)!r}{why and ': '}{why or ' not found'}",
            id="context-missing",
            hint="give the folder that holds the files to build from: . for the current one",
        )
    return path


def _hindrance(path: Path) -> str:
    """Why something that is there cannot be a context; empty if it is not there."""
    try:
        path.stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return "not a directory"


def _named_folder(path: Path, name: str) -> Path:
    if not os.path.isdir(path):
        why = _hindrance(path) or "no such file or directory"
        raise ContextError(
            f"failed to get build context {name}: stat {path}: {why}",
            id="context-missing",
            hint=f"give a folder, as in --build-context {name}=FOLDER",
        )
    return path


def _limited(stream: IO[bytes]) -> bytes:
    return _checked(stream.read(DOCKERFILE_LIMIT + 1))


def _checked(data: bytes) -> bytes:
    if len(data) > DOCKERFILE_LIMIT:
        raise ContextError(f"the Dockerfile is larger than {DOCKERFILE_LIMIT >> 20} MiB")
    return data

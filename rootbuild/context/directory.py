"""A build context that is a directory of this host."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol

from rootbuild.errors import ContextError, RootbuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.tree import not_found


class LockedError(ContextError):
    """A file that was fetched has a mode by which nobody may read it but root."""


class Matcher(Protocol):
    """The rules of a .dockerignore file. Paths are relative to the context, with slashes."""

    def ignored(self, path: str, /) -> bool:
        """Whether the rules leave a path out, by itself or by a directory above it."""
        ...

    def may_hold_included(self, directory: str, /) -> bool:
        """Whether a rule may bring back something below a directory that is left out."""
        ...


class DirectoryContext:
    """A directory, without what .dockerignore leaves out. A context manager.

    `fetched` is what messages call a context that was brought here from elsewhere.

    Links cannot lead out of it: `/` is the context's root for them, as in BuildKit, which gets
    a copy of the context and nothing else.
    """

    def __init__(
        self, path: str | Path, matcher: Matcher | None = None, *, fetched: str = ""
    ) -> None:
        self.path = Path(path)
        self.root = Rootfs(path)
        self._matcher = matcher
        self._fetched = fetched

    def __enter__(self) -> DirectoryContext:
        try:
            self.root.__enter__()
        except FileNotFoundError as error:
            raise ContextError(
                f'unable to prepare context: path "{self.path}" not found',
                hint="name the directory that holds the files to build from (`.` is this one)",
            ) from error
        except NotADirectoryError as error:
            raise ContextError(
                f'unable to prepare context: "{self.path}" is not a directory',
                hint="name the directory that holds the Dockerfile; -f names the Dockerfile itself",
            ) from error
        except OSError as error:
            raise self.unreadable(str(self.path), error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.root.__exit__(kind, error, traceback)

    @property
    def whole(self) -> bool:
        """Whether there is no .dockerignore."""
        return self._matcher is None

    def ignored(self, path: str) -> bool:
        """Whether .dockerignore leaves an entry out."""
        return self._matcher is not None and self._matcher.ignored(path)

    def may_hold_included(self, directory: str) -> bool:
        """Whether something below an ignored directory may be brought back by a `!` rule."""
        return self._matcher is None or self._matcher.may_hold_included(directory)

    def missing(self, path: str) -> RootbuildError:
        """BuildKit's words for a source that is not in the context; says so if it is ignored."""
        if self.root.exists(path):
            hint = "the file exists, but .dockerignore excludes it"
        else:
            hint = f"sources are relative to the build context, {self._fetched or self.path}"
        return ContextError(not_found(path), hint=hint)

    def unreadable(self, path: str, error: OSError) -> RootbuildError:
        """What to do about a file that we may not read."""
        if self._fetched:
            return LockedError(
                f'cannot read "{path}" of the build context, {self._fetched}: {error.strerror}'
            )
        return ContextError(
            f'cannot read "{path}" of the build context: {error.strerror}',
            hint="make it readable for this user, or list it in .dockerignore",
        )

"""The trees of a build's contexts, each opened when something is first taken from it."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rootbuild.build.contexts import Contexts
from rootbuild.build.inputs import Source, ignore_patterns
from rootbuild.context.directory import DirectoryContext
from rootbuild.context.ignorefile import find_ignore_file
from rootbuild.files.rootfs import Rootfs

if TYPE_CHECKING:  # a build with nothing to do needs no graph
    from rootbuild.graph.stages import ContextBase


class Trees:
    """Trees are open until the block ends. None stands for the main context."""

    def __init__(self, contexts: Contexts, source: Source) -> None:
        self._contexts = contexts
        self._source = source
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._open: dict[ContextBase | None, DirectoryContext] = {}

    def __enter__(self) -> Trees:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def find(self, context: ContextBase | None) -> DirectoryContext:
        """The tree of a context, which is fetched if need be. Raises RootbuildError."""
        with self._lock:
            if context not in self._open:
                found = self._main() if context is None else self._named(context)
                self._open[context] = self._stack.enter_context(found)
            return self._open[context]

    def _main(self) -> DirectoryContext:
        place, patterns = self._source.context, ignore_patterns(self._source)
        return _seen_through(patterns, place.folder, place.fetched)

    def _named(self, context: ContextBase) -> DirectoryContext:
        """Only a folder of this host has an ignore file that counts."""
        place = self._contexts.named(context)
        patterns: tuple[str, ...] = ()
        if isinstance(context.origin, Path):
            with Rootfs(place.folder) as root:
                found = find_ignore_file(root, None)
            if found is not None:
                from rootbuild.dockerfile.ignore import parse_ignore

                patterns = parse_ignore(found.content)
        return _seen_through(patterns, place.folder, place.fetched)


def _seen_through(patterns: tuple[str, ...], folder: Path, fetched: str) -> DirectoryContext:
    if not patterns:
        return DirectoryContext(folder, fetched=fetched)
    from rootbuild.dockerfile.ignore import Matcher

    return DirectoryContext(folder, Matcher(patterns), fetched=fetched)

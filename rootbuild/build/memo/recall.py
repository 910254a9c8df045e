"""The short way: a build just like an earlier one, of which nothing has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.contexts import Contexts
from rootbuild.build.inputs import Source, read_dockerfile
from rootbuild.build.memo.memo import Memo, fingerprint, load_memo, memo_key
from rootbuild.build.options import BuildOptions
from rootbuild.build.store import Store, read_store
from rootbuild.build.told import clear_iidfile, show_head, show_image, whole_names, write_iidfile
from rootbuild.build.trees import Trees
from rootbuild.cache.database import Cache, FileState, open_cache
from rootbuild.cache.files import FileDigests
from rootbuild.errors import RootbuildError


def recall(options: BuildOptions, backend: Backend, folder: Path, contexts: Contexts) -> str | None:
    """The image's id if a memo in the cache `folder` holds; all is shown and tagged then.

    None means that the build has to be looked at in full, which also tells what is wrong with it.
    Raises RootbuildError only where the result cannot be delivered.
    """
    try:
        key = memo_key(options, backend)
        if key is None:
            return None
        names = whole_names(options.wanted.store_names(options.tags))
        source = read_dockerfile(options, contexts)
        with open_cache(folder / "cache.db") as cache:
            text = cache.memo(key)
            if text is None:
                return None
            memo, store = load_memo(text), read_store(backend)
            if not holds(memo, source, contexts, cache, store):
                return None
    except (RootbuildError, OSError):
        return None
    vertices = contexts.vertices
    if options.iidfile is not None:
        clear_iidfile(options.iidfile)
    show_head(vertices, source.name, len(source.data), memo.names)
    for warning in memo.warnings:
        vertices.warn(warning)
    for step in memo.steps:
        vertices.cached(step)
    show_image(vertices, backend, store, memo.image, names)
    if options.iidfile is not None:
        write_iidfile(options.iidfile, memo.image)
    return memo.image


def nothing_known(folder: Path) -> bool:
    """Whether the cache `folder` knows of no build, so that there is something to do for sure."""
    try:
        with open_cache(folder / "cache.db") as cache:
            return cache.without_images
    except RootbuildError:
        return False


def holds(memo: Memo, source: Source, contexts: Contexts, cache: Cache, store: Store) -> bool:
    """Whether everything that the build read is as it was. What is dear comes last.

    No file is read whose digest is not known: that it changed, or that it may have, is all we ask.
    """
    return (
        memo.text == fingerprint(source)
        and memo.image in store.ids
        and all(_found(store, base.reference) == (base.name, base.id) for base in memo.bases)
        and all(cache.answer(table, key) == value for table, key, value in memo.answers)
        and (not memo.taken or _context_holds(memo, source, contexts, cache))
    )


def _found(store: Store, reference: str) -> tuple[str, str] | None:
    hit = store.find(reference)
    return None if hit is None else (hit[0], hit[1].id)


def _context_holds(memo: Memo, source: Source, contexts: Contexts, cache: Cache) -> bool:
    from rootbuild.files.selection import select, select_exactly

    known = KnownDigests(FileDigests(cache))
    try:
        with Trees(contexts, source) as trees:
            tree = trees.find(None)
            for paths, exact, parents, excludes, digest in memo.taken:
                if exact:
                    selection = select_exactly(tree, paths[0])
                else:
                    selection = select(tree, paths, parents=parents, excludes=excludes)
                if selection.digest(known, owners=False) != digest:
                    return False
    except UnknownFileError:
        return False
    return True


class UnknownFileError(Exception):
    """A file has no digest that could be trusted."""


class KnownDigests:
    """Digests that are known already; asking for another one ends the matter."""

    def __init__(self, digests: FileDigests) -> None:
        self._digests = digests

    def get(self, keys: Sequence[FileState]) -> list[str | None]:
        """The digests of files in those states. Raises UnknownFileError."""
        found = self._digests.get(keys)
        if None in found:
            raise UnknownFileError
        return found

    def put(self, key: FileState, digest: str) -> None:
        """Never called: nothing is read."""
        raise AssertionError(key)

"""A git repository into a folder.

The folder of a remote in the cache holds its bare repository and the trees that were checked out of
it, which readers hold. Trees that nobody holds are removed when another is made. All of it may be
deleted when no build runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from rootbuild.remote.access import Access
from rootbuild.remote.checkout import check_out
from rootbuild.remote.forge import Forge
from rootbuild.remote.locks import held, locked, sweep
from rootbuild.remote.noted import note_use
from rootbuild.remote.repository import Remote, verify
from rootbuild.remote.sources import GitSource, redacted


def resolve(source: GitSource, access: Access) -> str:
    """The commit that a source stands for; asks the remote unless the source names it.

    Raises RemoteError where the remote cannot be reached, has no such ref, or where the ref leads
    to another commit than the checksum says; DockerfileError for a checksum that is none.
    """
    commit = tag = source.commit
    if commit is None or tag is None:
        verify(source, source.checksum, source.checksum)
        commit, tag = Remote(source.remote, access).resolve(source.ref)
    verify(source, commit, tag)
    return commit


def tree_name(source: GitSource, commit: str) -> str:
    """What tells the files of a checkout from those of others, wherever they come from."""
    kept = "git" if source.keep_git_dir else ""
    parts = (commit, source.subdir, kept, str(source.submodules), source.mtime)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@contextlib.contextmanager
def checked_out(source: GitSource, commit: str, cache: Path, access: Access) -> Iterator[Path]:
    """A folder with the files of a commit, or of its `subdir`, kept for the length of the block.

    `cache` is the folder below which to work; `commit` is what `resolve` gave. Files have mode 0644
    or 0755, folders 0755. Nothing is fetched that is there already. Raises RemoteError.
    """
    forge = Forge(cache, access)
    trees, name = forge.place(source.remote) / "trees", tree_name(source, commit)
    tree = trees / name
    with contextlib.ExitStack() as stack:
        with locked(trees):
            if not tree.exists():
                making = trees / "making"  # what a killed build has left there goes
                shutil.rmtree(making, ignore_errors=True)
                check_out(source, commit, forge, making).rename(tree)
                shutil.rmtree(making, ignore_errors=True)
                sweep(trees, name)
            note_use(forge.place(source.remote), url=redacted(source.remote))
            stack.enter_context(held(tree))
        yield tree

"""The files of a commit, with those of its submodules, in a new folder."""

from __future__ import annotations

import os
import posixpath
import stat
from collections import deque
from pathlib import Path

from rootbuild.errors import RemoteError
from rootbuild.remote.forge import Forge
from rootbuild.remote.program import Call, succeed
from rootbuild.remote.repository import Repository
from rootbuild.remote.sources import GitSource, redacted
from rootbuild.remote.submodules import Submodule, submodules

MOST_SUBMODULES = 1000

Names = tuple[str, ...]


def check_out(source: GitSource, commit: str, forge: Forge, folder: Path) -> Path:
    """Make `folder` and write the files into it; gives the folder in it that was asked for.

    Raises RemoteError.
    """
    files, subdir = folder / "files", _names(source.subdir)
    files.mkdir(parents=True)
    with forge.repository(source.remote, commit) as repository:
        _write(repository, commit, files, folder)
        if source.keep_git_dir and not subdir:
            _keep_git_dir(repository, source, commit, files)
        stamp = _time(repository, commit) if source.mtime == "commit" else None
        found = list(submodules(repository, commit, source.remote)) if source.submodules else []
    _add_submodules(source, found, forge, folder)
    wanted = _subdir(files, subdir, source)
    _give_attributes(wanted, stamp)
    return wanted


def _add_submodules(source: GitSource, found: list[Submodule], forge: Forge, folder: Path) -> None:
    """Write the files of submodules, and of theirs, as far as `subdir` has to do with them."""
    subdir = _names(source.subdir)
    pending = deque((module, _names(module.path)) for module in found)
    done = 0
    while pending:
        module, place = pending.popleft()
        if place[: len(subdir)] != subdir[: len(place)]:
            continue
        done += 1
        if done > MOST_SUBMODULES:
            raise RemoteError(
                f"{source.shown} has more than {MOST_SUBMODULES} submodules", id="git-submodule"
            )
        with forge.repository(module.url, module.commit, nested=True) as repository:
            _write(repository, module.commit, folder.joinpath("files", *place), folder)
            inner = list(submodules(repository, module.commit, module.url))
        pending.extend((one, (*place, *_names(one.path))) for one in inner)


def _write(repository: Repository, commit: str, files: Path, folder: Path) -> None:
    """Write a commit's files into an existing, empty folder. git refuses names that lead out."""
    index = folder / "index"
    index.unlink(missing_ok=True)
    arguments = ("--work-tree", str(files), "read-tree", "--reset", "-u", commit)
    succeed(Call(repository.call(*arguments), index=index), f"failed to check out commit {commit}")


def _keep_git_dir(repository: Repository, source: GitSource, commit: str, files: Path) -> None:
    """Make .git, with that commit in it, as `git clone --depth=1` would.

    The index says nothing of the files' times, so that it is the same each time.
    """
    failed = f"failed to make .git of commit {commit}"
    kind = "sha256" if len(commit) == 64 else "sha1"
    where = ("--git-dir", str(files / ".git"))
    for words in (
        ("init", "--quiet", "--template=", f"--object-format={kind}", "--", str(files)),
        (*where, "remote", "add", "--", "origin", redacted(source.remote)),
        (*where, *_FETCH, "--", str(repository.path), commit),
        (*where, "update-ref", "--no-deref", "HEAD", commit),
        (*where, "read-tree", commit),
    ):
        succeed(Call(words, local=True), failed)


_FETCH = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head")


def _time(repository: Repository, commit: str) -> int:
    """When a commit was made, in seconds; 0 if it does not say so."""
    arguments = repository.call("log", "-1", "--no-show-signature", "--format=%ct", commit)
    text = succeed(Call(arguments), f"failed to read commit {commit}").text
    return int(text) if text.isdecimal() else 0


def _subdir(files: Path, subdir: Names, source: GitSource) -> Path:
    """A folder of the checkout. Links on the way are not followed: they may lead anywhere."""
    found = files
    for name in subdir:
        found = found / name
        try:
            status = found.lstat()
        except FileNotFoundError as error:
            raise _no_subdir(source, "not found") from error
        if not stat.S_ISDIR(status.st_mode):
            raise _no_subdir(source, "not a directory")
    return found


def _no_subdir(source: GitSource, why: str) -> RemoteError:
    return RemoteError(
        f"failed to open subdir {source.subdir}: {why}",
        id="git-subdir-missing",
        hint=f"it must be a folder of {source.shown}, and no link",
    )


def _give_attributes(folder: Path, stamp: int | None) -> None:
    """Give all files their modes, whatever our umask is, and a time if there is one to give."""
    for where, folders, names in os.walk(folder, topdown=False):
        for name in (*names, *folders):
            _give(os.path.join(where, name), stamp)
    _give(str(folder), stamp)


def _give(path: str, stamp: int | None) -> None:
    mode = os.lstat(path).st_mode
    if not stat.S_ISLNK(mode):
        os.chmod(path, _mode(mode))
    if stamp is not None:
        os.utime(path, (stamp, stamp), follow_symlinks=False)


def _mode(mode: int) -> int:
    if stat.S_ISDIR(mode) or mode & stat.S_IXUSR:
        return 0o755
    return 0o644 if mode & stat.S_IWUSR else 0o444


def _names(path: str) -> Names:
    return tuple(name for name in posixpath.normpath(f"/{path}").split("/") if name)

"""Files and folders that appear as a whole or not at all.

A file is written without a name where the filesystem can do that, so that nothing is left even by a
process that is killed. A folder's content lies in a hidden one until it is complete; who holds that
keeps a lock on it, so that a later export can tell what was left behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rootbuild.outputs.merge import merge

_PREFIX = ".rootbuild-export-"
_UNNAMED = errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL


@contextlib.contextmanager
def staged_file(dest: Path) -> Iterator[int]:
    """An open file that takes the place of `dest` when the block ends well. Raises OSError.

    What is neither a file nor missing, such as /dev/null or a pipe, is written to as it is.
    """
    real = Path(os.path.realpath(dest))
    if os.path.exists(real) and not os.path.isfile(real):
        with open(os.open(real, os.O_WRONLY | os.O_CLOEXEC), "wb", buffering=0) as stream:
            yield stream.fileno()
        return
    mode = stat.S_IMODE(real.stat().st_mode) if os.path.exists(real) else 0o666 & ~_umask()
    with _nameless(real.parent) as (descriptor, name):
        yield descriptor
        os.fchmod(descriptor, mode)
        if name is None:
            name = _named(descriptor, real.parent)
        try:
            os.replace(name, real)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


@contextlib.contextmanager
def staged_folder(dest: Path, *, delete: bool = False) -> Iterator[Path]:
    """An empty folder whose content goes into `dest` when the block ends well. Raises OSError.

    What has the same names there is replaced; with `delete` all else goes. Folders on the way to
    `dest` are made, and are gone again if the block fails.
    """
    real = Path(os.path.realpath(dest))
    with contextlib.ExitStack() as made:
        _make(real, made)
        _sweep(real)
        place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=real))
        try:
            with _locked(place):
                yield place
                merge(place, real, delete=delete)
        finally:
            _remove(place)
        made.pop_all()


@contextlib.contextmanager
def _nameless(folder: Path) -> Iterator[tuple[int, str | None]]:
    """A new file in a folder, and its name if it had to have one, which is gone after a failure."""
    name: str | None = None
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _UNNAMED or not os.path.isdir(folder):
            raise
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
    try:
        yield descriptor, name
    except BaseException:
        if name is not None:
            with contextlib.suppress(OSError):
                os.unlink(name)
        raise
    finally:
        os.close(descriptor)


def _named(descriptor: int, folder: Path) -> str:
    name = str(folder / f"{_PREFIX}{os.getpid()}-{os.urandom(4).hex()}")
    # With a folder, however useless for a whole path, Python makes the call that follows the link.
    os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor, follow_symlinks=True)
    return name


def _make(folder: Path, made: contextlib.ExitStack) -> None:
    """Make a folder with all above it; `made` undoes it."""
    missing = []
    while not os.path.exists(folder):
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another build exports there as well
            each.mkdir()
            made.callback(_remove_empty, each)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove what exports that were killed have left."""
    for place in folder.glob(f"{_PREFIX}*"):
        if os.path.islink(place) or not os.path.isdir(place):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(place)
            finally:
                os.close(descriptor)


def _remove(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

"""Folders for trials, and a store for trials alone while the user's own was never used.

Whatever uses a store first decides about its driver for good: that must not be the doctor.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rootbuild.facts.store import Store

_PREFIX = "rootbuild-probe-"
_VARIABLE = "XDG_DATA_HOME"
_BELOW = Path("containers/storage")


@contextlib.contextmanager
def scratch_store(store: Store, inside: Callable[[Callable[[], bytes]], object]) -> Iterator[None]:
    """Engines that are started in the block use a store of its own, if nobody chose one yet.

    `inside` does something in the engine's user namespace, as files there belong to other ids.
    """
    usual = os.environ.get(_VARIABLE) or os.path.expanduser("~/.local/share")
    if store.used or store.configured or store.folder != Path(usual, _BELOW):
        yield
        return
    place = _new_store(store.folder)
    if place is None:  # nor can the engine make one, and its trials say so
        yield
        return
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = place
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
        inside(lambda: _remove(place))


@contextlib.contextmanager
def scratch_folder(near: Path) -> Iterator[Path]:
    """A folder on the filesystem of `near`, gone when the block ends.

    Those of doctors that were killed are removed as well, as far as their files are ours: inside
    of the engine's namespace all are. Raises OSError where none can be made.
    """
    parent = next(folder for folder in (near, *near.parents) if os.path.isdir(folder))
    for folder in {parent, *near.parents}:
        _sweep(folder)
    place = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _new_store(usual: Path) -> str | None:
    """A folder for one on the same filesystem; None where this user can make none."""
    parent = next(folder for folder in usual.parents if os.path.isdir(folder))
    try:
        return tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent)
    except OSError:
        return None


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{_PREFIX}*-*"):
        if not os.path.exists(f"/proc/{left.name.split('-')[2]}"):
            shutil.rmtree(left, ignore_errors=True)


def _remove(place: str) -> bytes:
    shutil.rmtree(place, ignore_errors=True)
    return b""

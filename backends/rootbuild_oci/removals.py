"""Folders that are done with, and how they go without anybody waiting for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from rootbuild import process
from rootbuild_oci import argv


class Removals:
    """Removes folders: in a session small ones all at once at its end, large ones meanwhile."""

    def __init__(self) -> None:
        self._small: list[Path] | None = None
        self._threads: list[threading.Thread] = []

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """All that is added in the block is gone when it ends."""
        self._small = []
        try:
            yield
        finally:
            places, self._small = self._small, None
            try:
                remove(*places)
            finally:
                while self._threads:
                    self._threads.pop().join()

    def add(self, *places: Path, large: bool) -> None:
        """Have folders removed, or do it now where no session is open."""
        if self._small is None:
            remove(*places)
        elif large:
            thread = threading.Thread(target=remove, args=places)
            self._threads.append(thread)
            thread.start()
        else:
            self._small += places


def remove(*places: Path) -> None:
    """Remove folders; what cannot be removed stays.

    Who interrupts us is heard when they are gone, as nobody would remove them later.
    """
    if not places:
        return
    command = argv.remove_trees(*places)
    try:
        process.call(command, check=False)
    except BaseException:
        process.call(command, check=False)
        raise

"""Engine calls whose failures are explained."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.errors import EngineError
from rootbuild_oci import failures
from rootbuild_oci.store import Store


class Calls:
    """Runs the engine; knows where it writes, so that a full disk can be told apart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting = process.Waiting()

    def __call__(self, command: Sequence[str]) -> process.Finished:
        """Run a program to its end. Raises EngineError unless it exits with 0."""
        finished = process.call(command, check=False, waiting=self._waiting)
        if finished.status != 0:
            raise self.failure(finished)
        return finished

    def end(self) -> None:
        """End the calls that other threads wait for."""
        self._waiting.end()

    def failure(self, finished: process.Finished) -> EngineError:
        """The error for a program that failed."""
        store = self._store.folder()
        folders = [store] if store else []
        return failures.explained(finished, *folders, Path(tempfile.gettempdir()))


def last_line(finished: process.Finished) -> str:
    """The last line of what a program printed: engines end with the id."""
    return finished.text.splitlines()[-1].strip()

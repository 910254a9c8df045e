"""A step as it is about to be run, and one that could not be started."""

from __future__ import annotations

import json
from pathlib import Path

from rootbuild import process
from rootbuild.execution import Exec
from rootbuild.records import dataclass
from rootbuild_oci.network import Network


@dataclass(frozen=True, slots=True)
class Step:
    """A process to run, in what, and on which network."""

    container: str
    rootfs: Path
    command: Exec
    network: Network


class NeverStartedError(Exception):
    """The runtime could not make the container: nothing of the step has run."""

    def __init__(self, finished: process.Finished, log: str) -> None:
        super().__init__(log)
        self.finished = finished
        self.log = log

    @property
    def said(self) -> str:
        """The runtime's complaint in one line."""
        try:
            entries = [json.loads(line) for line in self.log.splitlines()]
            return str(entries[-1]["msg"])
        except (ValueError, LookupError, TypeError):
            return self.log.strip() or f"exited with {self.finished.status}"

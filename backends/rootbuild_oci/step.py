"""A step as it is about to be run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rootbuild.execution import Exec
from rootbuild_oci.network import Network


@dataclass(frozen=True, slots=True)
class Step:
    """A process to run, in what, and on which network."""

    container: str
    rootfs: Path
    command: Exec
    network: Network

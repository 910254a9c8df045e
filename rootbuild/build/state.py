"""How far a stage has come."""

from __future__ import annotations

from dataclasses import dataclass

from rootbuild.backend import Layers


@dataclass(frozen=True, slots=True)
class State:
    """Where a stage is: the key of its filesystem, and the last layers that were committed.

    `layers` None is `scratch`. `groups` tells how many steps each layer above the base's holds.
    """

    key: str
    layers: Layers | None
    groups: tuple[int, ...] = ()

"""How far a copy has got, for whoever draws it."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.files.selection import Selection


class Copied:
    """Counts bytes; how many there are in all is found out when somebody asks."""

    def __init__(self, selections: Sequence[Selection]) -> None:
        self._selections = selections
        self._total = -1
        self._bytes = 0

    def add(self, count: int) -> None:
        """So many more."""
        self._bytes += count

    def measure(self) -> tuple[int, int]:
        """Bytes so far, and in all."""
        if self._total < 0:
            self._total = sum(selection.size for selection in self._selections)
        return self._bytes, self._total

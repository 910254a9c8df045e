"""Secrets taken out of what is about to be kept."""

from __future__ import annotations

from typing import Any

from rootbuild.history.record import data, text

STARS = b"***"
SHORTEST = 4
"""A shorter value is left alone: it would be found everywhere, and gives nothing away."""

SHORTEST_LINE = 8


class Redaction:
    """Replaces values, and each longer line of those that have several."""

    def __init__(self) -> None:
        self._values: list[bytes] = []

    def add(self, secret: bytes) -> None:
        """Replace a value from now on."""
        whole = secret.strip()
        lines = [line.strip() for line in whole.splitlines()]
        found = [line for line in lines if len(line) >= SHORTEST_LINE] if len(lines) > 1 else []
        new = [value for value in (whole, *found) if len(value) >= SHORTEST]
        # Longest first, so that one which holds another is replaced as a whole.
        self._values = sorted({*self._values, *new}, key=len, reverse=True)

    def data(self, found: bytes) -> bytes:
        """Bytes without the values."""
        for value in self._values:
            found = found.replace(value, STARS)
        return found

    def text(self, found: str) -> str:
        """Text without the values."""
        return text(self.data(data(found))) if self._values else found

    def tree(self, found: Any) -> Any:
        """The same for all text in lists and dictionaries."""
        if not self._values:
            return found
        if isinstance(found, str):
            return self.text(found)
        if isinstance(found, dict):
            return {name: self.tree(value) for name, value in found.items()}
        return [self.tree(value) for value in found] if isinstance(found, list | tuple) else found

"""The lower end of a terminal, drawn over again and again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TextIO

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_CLEAR = "\x1b[J"


class Screen:
    """Writes lines that stay, and below them lines that are replaced by the next ones.

    Each change is one write. When the terminal has another width than before, it has wrapped what
    was there, and we go up by as many rows as that takes now. A terminal that is gone takes
    nothing any more, and that is no error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn: list[int] = []
        self._hidden = False
        self.gone = False

    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        try:
            columns, rows = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return 80, 24
        return columns or 80, rows or 24

    def show(self, stay: Sequence[str], lines: Sequence[tuple[int, str]], columns: int) -> None:
        """Replace what is drawn by lines that stay, and below them `lines` (cells, text)."""
        parts = [self._up(columns)]
        parts += [f"{line}\n" for line in stay]
        if lines:
            parts.append("" if self._hidden else _HIDE)
            self._hidden = True
            parts.append("\n".join(text for _, text in lines))
        self._drawn = [cells for cells, _ in lines]
        self._write("".join(parts))

    def close(self) -> None:
        """Leave nothing that is drawn, and the cursor as it was."""
        parts = self._up(self.size()[0]) + (_SHOW if self._hidden else "")
        self._drawn, self._hidden = [], False
        self._write(parts)

    def _up(self, columns: int) -> str:
        """To the first row of what is drawn, which is cleared."""
        if not self._drawn:
            return ""
        rows = sum(max(-(-cells // columns), 1) for cells in self._drawn)
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "") + _CLEAR

    def _write(self, text: str) -> None:
        if self.gone or not text:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self.gone = True

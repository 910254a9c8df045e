"""Physical lines -> instructions' lines: comments, continuations, line length, byte order mark."""

from __future__ import annotations

from rootbuild.dockerfile.space import SPACE
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass

LONGEST = 65535
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Joined:
    """An instruction's line with its continuations.

    `comments` are those that stand above it. `blank` tells that an empty line interrupted it.
    """

    text: str
    start: int
    end: int
    comments: tuple[str, ...]
    blank: bool


def decode(data: bytes) -> str:
    """The text of a file. What is not UTF-8 becomes U+FFFD, as it would when words are expanded."""
    return data.decode("utf-8", "replace").removeprefix(_BOM)


class LineReader:
    """Reads a file's lines one after the other; `number` is the last one's, from 1."""

    __slots__ = ("_lines", "_skipped", "_too_long", "escape", "number")

    def __init__(self, text: str, escape: str, skipped: frozenset[int] = frozenset()) -> None:
        """`skipped` are the numbers of lines that are directives, not comments."""
        self._lines = text.split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self._skipped = skipped
        self._too_long = LONGEST // 4
        self.escape = escape
        self.number = 0

    def next_line(self) -> str | None:
        """The next line without its line end; a carriage return stays. None at the end.

        Raises DockerfileError for a line that is too long.
        """
        if self.number >= len(self._lines):
            return None
        line = self._lines[self.number]
        self.number += 1
        # A character has four bytes at most, so only what may be too long is measured.
        if len(line) > self._too_long and len(line.encode("utf-8", "replace")) > LONGEST:
            raise DockerfileError(
                f"dockerfile line greater than max allowed size of {LONGEST}",
                id="line-too-long",
                hint="break the line with a continuation",
            )
        return line

    def next_joined(self) -> Joined | None:
        """The next instruction's line, None at the end. Raises DockerfileError."""
        comments: list[str] = []
        while (line := self.next_line()) is not None:
            text = line.rstrip("\r").lstrip(SPACE)
            if text.startswith("#"):
                self._remember(comments, text)
            elif text:
                return self._join(text, tuple(comments))
        return None

    def _remember(self, comments: list[str], text: str) -> None:
        comment = text[1:].strip(SPACE)
        if self.number in self._skipped:
            return
        if comment:
            comments.append(comment)
        else:
            comments.clear()

    def _join(self, text: str, comments: tuple[str, ...]) -> Joined:
        start = self.number
        blank = False
        head, more = self._continued(text)
        parts = [head]
        while more and (line := self.next_line()) is not None:
            line = line.rstrip("\r")
            bare = line.lstrip(SPACE)
            if not bare:
                blank = True
            elif not bare.startswith("#"):
                part, more = self._continued(line)
                parts.append(part)
        return Joined("".join(parts), start, self.number, comments, blank)

    def _continued(self, line: str) -> tuple[str, bool]:
        """The line without the escape character that continues it; does one stand there?"""
        bare = line.rstrip(" \t")
        if bare.endswith(self.escape) and not bare.endswith(self.escape * 2):
            return bare[:-1], True
        return line, False

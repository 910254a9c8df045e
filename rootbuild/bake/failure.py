"""How definition files fail: an error at a line of a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rootbuild.errors import Location, RootbuildError
from rootbuild.records import dataclass


class BakeError(RootbuildError):
    """A definition cannot be read, or makes no sense."""

    id = "bake"


class Failed(Exception):  # noqa: N818 - it becomes a BakeError where the file is known
    """Something is wrong at a line of the file that is being looked at."""

    def __init__(self, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Source:
    """A definition file: its name, as messages have it, and its text."""

    name: str
    text: str

    def error(self, message: str, line: int, hint: str = "") -> BakeError:
        """An error at a line, with an excerpt."""
        error = BakeError(message, hint=hint)
        error.locate(Location(self.name, line, line), self.text)
        return error

    @contextlib.contextmanager
    def located(self) -> Iterator[None]:
        """Have failures of a block be errors of this file."""
        try:
            yield
        except Failed as failed:
            raise self.error(failed.message, failed.line, failed.hint) from failed

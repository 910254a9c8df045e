"""A blob written: one stream, taken up again where the registry has it after a cut."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rootbuild.errors import RegistryError
from rootbuild.records import dataclass, replace
from rootbuild.registry.connection import Answer, Asked, Connection
from rootbuild.web.patience import persist

_PIECE = 1 << 18
_RANGE = re.compile(r"(?:bytes=)?0-([0-9]+)")


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be sent: `read` gives its pieces from an offset on, as often as needed.

    Digest and size are found out while it is sent, if they are not known.
    """

    read: Callable[[int], Iterable[bytes]]
    digest: str = ""
    size: int | None = None


def content_of_file(file: Path, digest: str = "") -> Content:
    """A file as it is now."""
    return Content(lambda at: _pieces(file, at), digest, file.stat().st_size)


def content_of_bytes(data: bytes) -> Content:
    """Bytes in memory."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return Content(lambda at: [data[at:]], digest, len(data))


def upload(connection: Connection, begin: Asked, content: Content) -> Content:
    """Send it, with as many attempts as patience allows. Raises RegistryError."""
    sending = _Sending(connection, begin, content)
    with connection.persisting():
        return persist(sending.attempt, connection.patience)


class _Sending:
    """One blob on its way; what is known about the last attempt helps the next."""

    def __init__(self, connection: Connection, begin: Asked, content: Content) -> None:
        self._connection = connection
        self._begin = begin
        self._content = content
        self._location = ""

    def attempt(self) -> Content:
        """Begin, or go on; raises PassingError when the next attempt may succeed."""
        at = self._offset() if self._location and self._content.digest else 0
        if not at:
            with self._connection.once(self._begin) as answer:
                self._location = answer.location
        counted = _Counted(self._content, at)
        if at != self._content.size or not at:
            self._send(counted, at)
        digest = self._content.digest or counted.digest
        self._finish(digest)
        return replace(self._content, digest=digest, size=counted.at)

    def _send(self, counted: _Counted, at: int) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        length = None if self._content.size is None else self._content.size - at
        if at and length:
            headers["Content-Range"] = f"{at}-{at + length - 1}"
        asked = replace(
            self._begin,
            method="PATCH",
            path=self._location,
            headers=headers,
            body=counted.pieces,
            length=length,
        )
        with self._connection.once(asked) as answer:
            self._location = answer.location

    def _finish(self, digest: str) -> None:
        joint = "&" if "?" in self._location else "?"
        path = f"{self._location}{joint}digest={digest}"
        asked = replace(self._begin, method="PUT", path=path)
        with self._connection.once(asked):
            return

    def _offset(self) -> int:
        """How much the registry has of the last attempt; 0 to begin anew."""
        asked = replace(self._begin, method="GET", path=self._location, headers={})

        def received(answer: Answer) -> int:
            self._location = answer.location if "Location" in answer.headers else self._location
            found = _RANGE.fullmatch(answer.headers.get("Range", ""))
            return int(found[1]) + 1 if found and found[1] != "0" else 0

        try:
            with self._connection.once(asked) as answer:
                at = received(answer)
        except RegistryError:
            return 0
        return at if self._content.size is None or at <= self._content.size else 0


class _Counted:
    """The pieces of a content from an offset on, counted and digested as they go out."""

    def __init__(self, content: Content, at: int) -> None:
        self._content = content
        self._start = self.at = at
        self._sum = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of what went out."""
        return f"sha256:{self._sum.hexdigest()}"

    def pieces(self) -> Iterator[bytes]:
        """From the start again, each time."""
        self.at, self._sum = self._start, hashlib.sha256()
        for piece in self._content.read(self._start):
            self.at += len(piece)
            self._sum.update(piece)
            yield piece


def _pieces(file: Path, at: int) -> Iterator[bytes]:
    with file.open("rb") as stream:
        stream.seek(at)
        while piece := stream.read(_PIECE):
            yield piece

"""A blob read in pieces, over as many connections as it takes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from rootbuild.records import replace
from rootbuild.registry import failures
from rootbuild.registry.connection import Answer, Asked, Connection
from rootbuild.web.patience import PassingError

_PIECE = 1 << 18
_PARTIAL = 206


def read_blob(
    connection: Connection, asked: Asked, digest: str, size: int | None
) -> Iterator[bytes]:
    """The pieces. Attempts count from the last piece that came."""
    done, left = hashlib.sha256(), connection.patience.attempts
    at, pause = 0, connection.patience.pause
    while True:
        connection.patience.wait(0)
        before = at
        try:
            for piece in _from(connection, asked, at):
                at += len(piece)
                if size is not None and at > size:
                    raise failures.corrupt(connection.host, f"blob {digest}: it is too big")
                done.update(piece)
                yield piece
            if size is not None and at < size:
                raise PassingError(f"the connection was cut after {at} of {size} bytes")
            break
        except PassingError as error:
            left = connection.patience.attempts - 1 if at > before else left - 1
            if left <= 0:
                raise failures.gave_up(connection.host, error) from error
            pause = connection.patience.pause if at > before else pause * 2
            connection.patience.wait(connection.patience.length(error, pause))
    if f"sha256:{done.hexdigest()}" != digest:
        raise failures.corrupt(connection.host, f"blob {digest}")


def _from(connection: Connection, asked: Asked, at: int) -> Iterator[bytes]:
    """What comes by one connection, from an offset on."""
    headers = {**asked.headers, "Range": f"bytes={at}-"} if at else asked.headers
    with connection.once(replace(asked, headers=headers)) as answer:
        end = _end(answer)
        if answer.status != _PARTIAL:
            _skip(answer, at)
        while piece := answer.body.read(_PIECE):
            at += len(piece)
            yield piece
        if end is not None and at < end:
            raise PassingError(f"the connection was cut after {at} of {end} bytes")


def _end(answer: Answer) -> int | None:
    """Where the blob ends, if the answer says so."""
    ranged = answer.headers.get("Content-Range", "").rpartition("/")[2]
    length = ranged or answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _skip(answer: Answer, left: int) -> None:
    """Servers may send the whole again."""
    while left > 0:
        piece = answer.body.read(min(left, _PIECE))
        if not piece:
            raise PassingError("the connection was cut")
        left -= len(piece)

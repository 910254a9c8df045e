"""Requests that may be made again: how often, after what pause, and when it is no use."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from email.message import Message
from typing import TYPE_CHECKING, TypeVar

from rootbuild.records import dataclass

if TYPE_CHECKING:
    from socket import socket

Result = TypeVar("Result")

PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Statuses that may be better next time."""

LIMITED = 429
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is made before it has failed, and how long each thing may take (s).

    `wait` waits for that many seconds, and is called with 0 before each piece of work: what it
    raises ends the matter. `connected` gets the socket of each connection that is made.
    """

    attempts: int = 4
    pause: float = 0.5
    timeout: float = 30.0
    wait: Callable[[float], object] = time.sleep
    connected: Callable[[socket], object] = lambda line: None

    def length(self, error: PassingError, pause: float) -> float:
        """How long to wait after an error: what the server says, within reason, or `pause`."""
        return min(pause if error.after is None else error.after, _LONGEST_PAUSE)


class PassingError(Exception):
    """What may go better next time; `after` is how long the server says to wait (seconds).

    `status` is that of the answer, if there was one.
    """

    def __init__(self, reason: str, after: float | None = None, status: int | None = None) -> None:
        super().__init__(reason)
        self.after = after
        self.status = status


def persist(attempt: Callable[[], Result], patience: Patience) -> Result:
    """What `attempt` gives, made again after each PassingError; the last one is raised."""
    pause = patience.pause
    for left in reversed(range(patience.attempts)):
        patience.wait(0)
        try:
            return attempt()
        except PassingError as error:
            if not left:
                raise
            patience.wait(patience.length(error, pause))
            pause *= 2
    raise AssertionError("no attempt was made")


def refusal(status: int, headers: Message) -> PassingError:
    """An answer with one of the statuses in PASSING."""
    return PassingError(f"invalid response status {status}", _retry_after(headers), status)


def _retry_after(headers: Message) -> float | None:
    value = headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None

"""Connections that one thread reads from and another one may cut."""

from __future__ import annotations

import contextlib
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # most builds fetch nothing
    import socket


class Lines:
    """The connections that are open at the moment. Safe to use from threads."""

    def __init__(self) -> None:
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()

    def note(self, line: socket.socket) -> None:
        """Have `cut` reach a connection."""
        with self._lock:
            self._open.add(line)

    def cut(self) -> None:
        """Shut all of them down; whoever waits for one gets to know that it was cut.

        To be called again and again until nobody waits: what is opened meanwhile is cut then.
        """
        with self._lock:
            for line in self._open:
                _shut(line)


def _shut(line: socket.socket) -> None:
    import socket

    with contextlib.suppress(OSError):
        # Not the method of a TLS connection: that takes it apart while it is read.
        socket.socket.shutdown(line, socket.SHUT_RDWR)

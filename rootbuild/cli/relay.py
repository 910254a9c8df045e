"""Between the half of a build that the user started and the half inside the user namespace.

The engine's helper stands between the two (`buildah unshare`), and answers signals by dying
without a word of how its child ended. So it gets none: the child's standard input is a pipe from
us, through which we say what we heard. What the user had on standard input goes first. When we die,
however that happens, the pipe ends, and the child stops too.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Sequence

from rootbuild import process

INSIDE = "ROOTBUILD_INSIDE_NAMESPACE"
STDIN = 0
_LENGTH_BYTES = 8


def run_inside(command: Sequence[str], stdin: bytes) -> int:
    """Run the inner half to its end; gives its exit code."""
    messages: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    messages.put(len(stdin).to_bytes(_LENGTH_BYTES, "big") + stdin)
    read, write = os.pipe()
    # A thread, as a long Dockerfile does not fit into a pipe that nobody reads yet.
    threading.Thread(target=_send, args=(messages, write), daemon=True).start()
    with os.fdopen(read, "rb") as source:
        return process.supervised(
            command,
            {INSIDE: "1"},
            stdin=source,
            tell=lambda number: messages.put(bytes([number])),
        )


def listen() -> bytes:
    """In the inner half: what the user had on standard input. From now on signals come through."""
    length = int.from_bytes(_read(_LENGTH_BYTES), "big")
    data = _read(length)
    threading.Thread(target=_hear, daemon=True).start()
    return data


def _send(messages: queue.SimpleQueue[bytes], descriptor: int) -> None:
    with os.fdopen(descriptor, "wb", buffering=0) as sink:
        while True:
            try:
                sink.write(messages.get())
            except BrokenPipeError:
                return  # it has ended already


def _read(size: int) -> bytes:
    """Exactly `size` bytes. Not by `sys.stdin`: its lock may not be held by a thread at exit."""
    data = bytearray()
    while len(data) < size and (more := os.read(STDIN, size - len(data))):
        data += more
    return bytes(data)


def _hear() -> None:
    """Turn what comes through the pipe into signals; its end means that nobody waits any more."""
    while number := os.read(STDIN, 1):
        os.kill(os.getpid(), number[0])
    os.kill(os.getpid(), signal.SIGTERM)

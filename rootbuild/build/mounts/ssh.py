"""SSH agents: a socket for the step, with the owner that it asked for, that leads to the host's.

A step may list keys and sign with them, and nothing else: it cannot take keys away from an agent
that its user goes on using, lock it, or put keys of its own there.
https://datatracker.ietf.org/doc/html/draft-miller-ssh-agent
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.backend import Bind
from rootbuild.build.mounts.owner import give
from rootbuild.build.options import Agent
from rootbuild.errors import BuildError
from rootbuild.plan.mounts.ssh import SshMount

WAITING = 16
LENGTH = struct.Struct(">I")
MOST_BYTES = 256 * 1024
LIST, SIGN = 11, 13
FAILURE = LENGTH.pack(1) + b"\5"


def find_agent(agents: Sequence[Agent], mount: SshMount) -> Agent | None:
    """The agent that a mount names, None if none is there or required. Raises BuildError."""
    agent = next((item for item in agents if item.id == mount.id), None)
    if agent is None and mount.required:
        raise BuildError(
            f'no SSH key "{mount.id}" forwarded from the client',
            id="no-such-agent",
            hint=f"start an agent and build with --ssh {mount.id}",
        )
    return agent


@contextlib.contextmanager
def forwarded(mount: SshMount, agent: Path, folder: Path) -> Iterator[Bind]:
    """A socket in `folder` for the length of the block; what is asked there, `agent` answers."""
    path = folder / "agent"
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as stack:
        listener.bind(str(path))
        listener.listen(WAITING)
        give(path, mount.mode, mount.uid, mount.gid)
        thread = threading.Thread(target=_serve, args=(listener, agent), daemon=True)
        thread.start()
        # Closing a socket does not wake a thread that waits on it; this does.
        stack.callback(thread.join)
        stack.callback(listener.shutdown, socket.SHUT_RDWR)
        yield Bind(path, mount.target)


def _serve(listener: socket.socket, target: Path) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(client, target), daemon=True).start()


def _converse(client: socket.socket, target: Path) -> None:
    """Answer one client until it goes, or says what is no message."""
    with client, socket.socket(socket.AF_UNIX) as agent, contextlib.suppress(OSError):
        agent.connect(str(target))
        while message := _message(client):
            if message[LENGTH.size] in (LIST, SIGN):
                agent.sendall(message)
                client.sendall(_message(agent))
            else:
                client.sendall(FAILURE)


def _message(source: socket.socket) -> bytes:
    """The next message with its length in front; empty at the end, or if it cannot be one."""
    head = _exactly(source, LENGTH.size)
    if len(head) < LENGTH.size:
        return b""
    (length,) = LENGTH.unpack(head)
    body = _exactly(source, length) if 0 < length <= MOST_BYTES else b""
    return head + body if body and len(body) == length else b""


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            break
        data += more
    return data

"""SSH agents: a socket for the step, with the owner that it asked for, that leads to the host's."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.backend import Bind
from rootbuild.build.mounts.owner import give
from rootbuild.build.options import Agent
from rootbuild.errors import BuildError
from rootbuild.plan.mounts.ssh import SshMount

WAITING = 16
CHUNK = 1 << 16


def find_agent(agents: Sequence[Agent], mount: SshMount) -> Agent | None:
    """The agent that a mount names, None if none is there or required. Raises BuildError."""
    agent = next((item for item in reversed(agents) if item.id == mount.id), None)
    if agent is None and mount.required:
        raise BuildError(
            f'no SSH key "{mount.id}" forwarded from the client',
            id="no-such-agent",
            hint=f"start an agent and build with --ssh {mount.id}",
        )
    return agent


@contextlib.contextmanager
def forwarded(mount: SshMount, agent: Agent, folder: Path) -> Iterator[Bind]:
    """A socket in `folder` for the length of the block; what is said to it is handed on."""
    path = folder / "agent"
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as stack:
        listener.bind(str(path))
        listener.listen(WAITING)
        give(path, mount.mode, mount.uid, mount.gid)
        thread = threading.Thread(target=_serve, args=(listener, agent.socket), daemon=True)
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
        threading.Thread(target=_connect, args=(client, target), daemon=True).start()


def _connect(client: socket.socket, target: Path) -> None:
    with client, socket.socket(socket.AF_UNIX) as agent, contextlib.suppress(OSError):
        agent.connect(str(target))
        back = threading.Thread(target=_hand_on, args=(agent, client), daemon=True)
        back.start()
        _hand_on(client, agent)
        back.join()


def _hand_on(source: socket.socket, sink: socket.socket) -> None:
    """All that comes until the end, which is handed on as well."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

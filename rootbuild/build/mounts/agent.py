"""SSH agents of our own, for `--ssh ID=KEY`: from the first step that mounts one to the end."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rootbuild import process
from rootbuild.build.options import Agent
from rootbuild.errors import BuildError, HostError

PROGRAMS = ("ssh-agent", "ssh-add")
SECONDS = 5.0
ADD_SECONDS = 30.0
# Nobody is asked for a passphrase: keys that have one were refused before.
NEVER_ASK = {"SSH_ASKPASS_REQUIRE": "never", "DISPLAY": ""}


class StartedAgents:
    """Starts each agent once; they end when the stack is closed. Sockets are below `folder()`."""

    def __init__(self, stack: contextlib.ExitStack, folder: Callable[[], Path]) -> None:
        self._stack = stack
        self._folder = folder
        self._sockets: dict[str, Path] = {}
        self._lock = threading.Lock()

    def socket(self, agent: Agent) -> Path:
        """The socket of an agent that holds the keys. Raises BuildError, HostError."""
        with self._lock:
            if agent.id not in self._sockets:
                _check_installed()
                self._sockets[agent.id] = self._start(agent)
            return self._sockets[agent.id]

    def _start(self, agent: Agent) -> Path:
        place = Path(tempfile.mkdtemp(dir=self._folder())) / "agent"
        reading, writing = os.pipe()
        self._stack.callback(os.close, writing)
        with os.fdopen(reading, "rb") as end:
            command = self._stack.enter_context(process.background(argv(place), stdin=end))
        self._stack.callback(_kill, _pid(command))
        for key in agent.keys:
            _add(place, key)
        return place


def _check_installed() -> None:
    missing = [program for program in PROGRAMS if process.find(program) is None]
    if missing:
        raise HostError(
            f"--ssh with keys needs {' and '.join(missing)}, not installed here",
            id="program-missing",
            hint="install it, on Debian and Ubuntu with: sudo apt-get install openssh-client",
        )


def argv(place: Path) -> tuple[str, ...]:
    """An agent that listens at `place`.

    It minds the command that it is given, and ends some seconds after that. The command ends with
    its standard input, which is to say with us, also if we are killed.
    """
    return ("ssh-agent", "-a", str(place), "cat")


def _add(place: Path, key: Path) -> None:
    """Hand a key over: by a stream, as ssh-add minds who else may read a file."""
    environment = {**NEVER_ASK, "SSH_AUTH_SOCK": str(place)}
    with key.open("rb") as stream:
        finished = process.run(
            ("ssh-add", "-q", "-"),
            env=environment,
            stdin=stream,
            check=False,
            timeout=ADD_SECONDS,
        )
    if finished.status != 0:
        raise BuildError(
            f"failed to add {key} to agent",
            id="bad-key",
            hint=f"see whether ssh-keygen -y -f {key} can read it",
            detail=finished.tail(),
        )


def _pid(command: int) -> int:
    """The process of the agent, as it told the command. Raises BuildError if it never does."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            for variable in Path(f"/proc/{command}/environ").read_bytes().split(b"\0"):
                name, _, value = variable.partition(b"=")
                if name == b"SSH_AGENT_PID":
                    return int(value)
        time.sleep(0.005)
    raise BuildError("ssh-agent did not start", id="no-such-agent")


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)

"""What is said to a step's socket reaches the agent, and the answer comes back."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootbuild.build.mounts.ssh import find_agent, forwarded
from rootbuild.build.options import Agent
from rootbuild.errors import BuildError
from rootbuild.plan.mounts.ssh import SshMount


def mount(*, required: bool = False, id: str = "default") -> SshMount:
    return SshMount(id, "/agent", required, 0o640, os.getuid(), os.getgid())


@pytest.fixture
def folder() -> Iterator[Path]:
    """Sockets need short paths."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def agent(folder: Path) -> Iterator[Path]:
    """An agent that answers in capitals."""
    path = folder / "host"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                with client:
                    client.sendall(client.recv(100).upper())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path


def ask(path: Path, text: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(text)
        answer = b""
        while data := client.recv(100):
            answer += data
    return answer


def test_words_go_there_and_back(folder: Path, agent: Path) -> None:
    with forwarded(mount(), Agent("default", agent), folder) as bind:
        assert bind.target == "/agent"
        assert bind.source.stat().st_mode & 0o777 == 0o640
        assert ask(bind.source, b"one") == b"ONE"
        assert ask(bind.source, b"two") == b"TWO"
    with pytest.raises(ConnectionError):
        ask(bind.source, b"three")


def test_an_agent_that_is_gone_ends_the_connection(folder: Path) -> None:
    with forwarded(mount(), Agent("default", folder / "nobody"), folder) as bind:
        assert ask(bind.source, b"") == b""


def test_the_last_of_one_name_counts() -> None:
    agents = (Agent("default", Path("/1")), Agent("x", Path("/2")), Agent("default", Path("/3")))
    found = find_agent(agents, mount())
    assert found is not None
    assert found.socket == Path("/3")


def test_no_agent() -> None:
    assert find_agent((), mount(id="x")) is None
    with pytest.raises(BuildError, match=r'^no SSH key "x" forwarded from the client$'):
        find_agent((), mount(id="x", required=True))

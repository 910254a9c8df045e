"""What a step asks its socket reaches the agent, as far as it may, and the answer comes back."""

from __future__ import annotations

import os
import socket
import struct
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
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    while data := client.recv(100):
                        client.sendall(data.upper())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def message(number: int, body: bytes = b"") -> bytes:
    return struct.pack(">IB", 1 + len(body), number) + body


FAILURE = message(5)


def ask(path: Path, *texts: bytes) -> bytes:
    """All that is answered to some bytes, until the other side goes."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        for text in texts:
            client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while data := client.recv(100):
            answer += data
    return answer


def test_questions_go_there_and_answers_back(folder: Path, agent: Path) -> None:
    with forwarded(mount(), agent, folder) as bind:
        assert bind.target == "/agent"
        assert bind.source.stat().st_mode & 0o777 == 0o640
        long = b"x" * 65_539  # its length has no letters in it
        asked = (message(11), message(13, b"one"), message(13, long)[:9], message(13, long)[9:])
        expected = message(11) + message(13, b"ONE") + message(13, long.upper())
        assert ask(bind.source, *asked) == expected
        assert ask(bind.source, message(11)) == message(11)
    with pytest.raises(ConnectionError):
        ask(bind.source, message(11))


@pytest.mark.parametrize("number", [1, 7, 9, 17, 18, 19, 20, 22, 23, 25, 26, 27, 255])
def test_a_step_cannot_change_an_agent(folder: Path, agent: Path, number: int) -> None:
    with forwarded(mount(), agent, folder) as bind:
        assert ask(bind.source, message(number, b"x"), message(13, b"y")) == (
            FAILURE + message(13, b"Y")
        )


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0\0", b"\xff" * 4, message(11, b"abc")[:6]])
def test_what_is_no_message_ends_the_connection(folder: Path, agent: Path, data: bytes) -> None:
    with forwarded(mount(), agent, folder) as bind:
        assert ask(bind.source, data) == b""


def test_an_agent_that_is_gone_ends_the_connection(folder: Path) -> None:
    with forwarded(mount(), folder / "nobody", folder) as bind:
        assert ask(bind.source) == b""


def test_agents_are_found_by_id() -> None:
    agents = (Agent("default", Path("/1")), Agent("x", Path("/2")))
    assert find_agent(agents, mount(id="x")) == agents[1]


def test_no_agent() -> None:
    assert find_agent((), mount(id="x")) is None
    with pytest.raises(BuildError, match=r'^no SSH key "x" forwarded from the client$'):
        find_agent((), mount(id="x", required=True))

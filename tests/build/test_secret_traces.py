"""Where secrets, and keys of SSH, never show: looked for everywhere while a build uses them."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

FILE, VARIABLE = "correct-horse-battery-staple", "tulip-marmot-quartz-violin"
# Asks the agent for its keys, and to forget them; prints both answers' kinds and how many keys.
ASK = r"""
use IO::Socket::UNIX;
my $agent = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die "no agent";
sub ask {
    syswrite $agent, pack("N", length $_[0]) . $_[0];
    sysread $agent, my $head, 4;
    my $answer = "";
    while (length $answer < unpack("N", $head)) {
        sysread $agent, $answer, 4096, length $answer or last;
    }
    return $answer;
}
my $keys = ask(chr 11);
print ord($keys), " ", unpack("N", substr $keys, 1), " ", ord(ask(chr 19)), "\n";
"""


@contextmanager
def watched() -> Iterator[set[bytes]]:
    """The command lines of all processes that are there during the block, read time and again."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for entry in os.scandir("/proc"):
                if entry.name.isdigit():
                    try:
                        with open(f"/proc/{entry.name}/cmdline", "rb") as stream:
                            seen.add(stream.read())
                    except OSError:
                        continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def content(folder: Path) -> bytes:
    """All names and contents below a folder."""
    found = []
    for path in folder.rglob("*"):
        found.append(os.fsencode(path))
        if path.is_file() and not path.is_symlink():
            found.append(path.read_bytes())
    return b"\n".join(found)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
    subprocess.run(command, check=True)
    path.chmod(0o644)  # which ssh-add alone would not take
    return path


def private_lines(key: Path) -> list[str]:
    """Lines that only the private key has."""
    return [line for line in key.read_text().splitlines() if re.fullmatch(r"[\w+/=]{40,}", line)]


def test_secrets_show_nowhere(project: Project, key: Path, tmp_path: Path) -> None:
    project.write("ask.pl", ASK)
    secret = tmp_path / "secret"
    secret.write_text(FILE)
    text = (
        "FROM diamol/openjdk\n"
        "RUN --mount=type=secret,id=file,required --mount=type=secret,id=variable,env=VARIABLE"
        " --mount=type=ssh,required --mount=target=/c"
        ' sleep 0.5; test -s /run/secrets/file && test "${#VARIABLE}" = 26 &&'
        " perl /c/ask.pl >/seen\n"
        "RUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=VARIABLE"
        " --mount=type=secret,id=variable,mode=0777,uid=5 [ -e /fine ]\n"
    )
    options = (
        *("--secret", f"id=file,src={secret}", "--secret", "id=variable,env=MY_VARIABLE"),
        *("--ssh", f"default={key}", "--layers", "all"),
    )
    env = {"MY_VARIABLE": VARIABLE, "ROOTBUILD_DEBUG": "1"}
    with watched() as command_lines:
        failed = project.build(text, *options, env=env, check=False)
        text = text.replace("[ -e /fine ]", "true")
        built = project.build(text, *options, env=env)
    assert "did not complete successfully" in failed.stderr
    assert any(b"ssh-agent" in line for line in command_lines)
    assert any(b"sleep\0000.5" in line for line in command_lines)
    assert project.run("cat", "/seen") == "12 1 5\n"
    archive = subprocess.run(["podman", "save", project.whole], capture_output=True, check=True)
    history = subprocess.run(
        ["podman", "history", "--no-trunc", project.whole], capture_output=True, check=True
    )
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"), "rootbuild")
    places = {
        "argv": b"\n".join(command_lines),
        "output": (failed.stderr + failed.stdout + built.stderr + built.stdout).encode(),
        "image": archive.stdout,
        "history": history.stdout,
        "cache and state": content(project.rootbuild.state),
        "run-time folder": content(runtime),
    }
    for value in (FILE, VARIABLE, *private_lines(key)):
        for place, data in places.items():
            assert value.encode() not in data, f"{value} in {place}"


def test_two_keys_and_one_that_nobody_can_read(project: Project, key: Path, tmp_path: Path) -> None:
    project.write("ask.pl", ASK)
    other = tmp_path / "other"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-m", "PEM", "-N", "", "-f", str(other)],
        check=True,
    )
    text = (
        "FROM diamol/openjdk\n"
        "RUN --mount=type=ssh,id=two,required --mount=target=/c perl /c/ask.pl >/seen\n"
        "RUN --mount=type=ssh,id=two --mount=type=ssh,id=none test -S $SSH_AUTH_SOCK\n"
    )
    project.build(text, "--ssh", f"two={key},{other}")
    assert project.run("cat", "/seen") == "12 2 5\n"
    broken = tmp_path / "broken"
    broken.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n")
    result = project.build(text, "--no-cache", "--ssh", f"two={broken}", check=False)
    assert f"failed to add {broken} to agent" in result.stderr
    assert "[bad-key]" in result.stderr

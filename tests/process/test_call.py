"""Programs that are run to their end: `call` and `run` alike, `look` and `foreground`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.errors import EngineError, HostError
from rootbuild.process import Finished

Way = Callable[..., Finished]
BOTH = pytest.mark.parametrize("way", [process.call, process.run], ids=["call", "run"])
ALL = pytest.mark.parametrize(
    "way", [process.call, process.run, process.look], ids=["call", "run", "look"]
)


def sh(script: str, *arguments: str) -> list[str]:
    return ["sh", "-c", script, "sh", *arguments]


@ALL
def test_both_streams_are_kept(way: Way) -> None:
    finished = way(sh("echo out; echo err >&2"))
    assert (finished.status, finished.stdout, finished.stderr) == (0, b"out\n", b"err\n")
    assert finished.text == "out"
    assert finished.argv == tuple(sh("echo out; echo err >&2"))


@ALL
def test_much_output_is_kept_whole(way: Way) -> None:
    finished = way(sh("head -c 3000000 /dev/zero; head -c 200000 /dev/zero >&2"))
    assert (len(finished.stdout), len(finished.stderr)) == (3000000, 200000)


@ALL
def test_arguments_arrive_as_they_are(way: Way) -> None:
    words = ["a b", "$HOME", "*", "", "'\"", "ä", "-x"]
    finished = way(sh('printf "%s|" "$@"', *words))
    assert finished.stdout.decode() == "".join(f"{word}|" for word in words)


@BOTH
def test_standard_input_is_at_its_end(way: Way) -> None:
    assert way(["cat"]).stdout == b""


@ALL
def test_environment_is_added(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "1")
    finished = way(sh("echo $KEPT $CHANGED $NEW"), env={"CHANGED": "2", "NEW": "3"})
    assert finished.text == "1 2 3"
    assert "NEW" not in os.environ


@BOTH
@pytest.mark.parametrize("code", [1, 2, 126, 255])
def test_an_exit_code(way: Way, code: int) -> None:
    assert way(sh(f"exit {code}"), check=False).status == code
    with pytest.raises(EngineError) as caught:
        way(sh(f"echo out; echo why >&2; exit {code}"))
    assert f"exited with {code}" in caught.value.report.message
    shown, *said = caught.value.report.detail.splitlines()
    assert shown.startswith("$ sh -c ")
    assert said == ["why"]


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal(way: Way, number: signal.Signals) -> None:
    script = sh(f"kill -{int(number)} $$")
    assert way(script, check=False).status == -number
    with pytest.raises(EngineError) as caught:
        way(script)
    assert number.name in caught.value.report.message


def test_call_takes_variables_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD", "1")
    finished = process.call(sh("echo ${OLD-none} $NEW"), env={"OLD": None, "NEW": "2"})
    assert finished.text == "none 2"


def test_look_checks_nothing() -> None:
    assert process.look(sh("exit 3")).status == 3
    assert process.look(sh("kill -9 $$")).status == 137


@ALL
def test_no_such_program(way: Way) -> None:
    with pytest.raises(HostError) as caught:
        way(["no-such-program-anywhere", "x"])
    assert caught.value.id == "program-missing"
    assert "no-such-program-anywhere" in caught.value.report.message
    assert caught.value.report.hint


@BOTH
def test_output_goes_where_it_is_wanted(way: Way, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as output:
        finished = way(sh("echo out; echo err >&2; exit 3"), check=False, output=output)
    assert (finished.status, finished.stdout, finished.stderr) == (3, b"", b"")
    assert (tmp_path / "out").read_text() == "out\nerr\n"


@BOTH
def test_it_has_a_process_group_of_its_own(way: Way) -> None:
    """Ctrl-C at the terminal is for us to handle."""
    script = "import os; print(os.getpgrp() == os.getpid())"
    assert way([sys.executable, "-c", script]).text == "True"


@BOTH
def test_it_inherits_no_descriptor(way: Way, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as stream:
        found = way(["ls", "-l", "/proc/self/fd"]).text
    assert "/dev/null" in found
    assert stream.name not in found


@ALL
def test_no_descriptor_is_left(way: Way) -> None:
    way(["true"])
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        way(["true"])
    with pytest.raises(HostError):
        way(["no-such-program-anywhere"])
    assert len(os.listdir("/proc/self/fd")) == before


@BOTH
def test_signals_are_as_before_inside_and_outside(way: Way) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    script = "import signal; print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    assert way([sys.executable, "-c", script]).text == str(sorted(before))
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_run_gives_input_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"given")
    with (tmp_path / "in").open("rb") as stdin:
        assert process.run(sh("cat; pwd"), stdin=stdin, cwd=tmp_path).text == f"given{tmp_path}"


def test_run_ends_what_takes_too_long() -> None:
    begin = time.monotonic()
    with pytest.raises(EngineError) as caught:
        process.run(sh("sleep 600 & sleep 600"), timeout=0.3)
    assert "0.3 seconds" in caught.value.report.message
    assert time.monotonic() - begin < 5


def test_no_signal_is_ignored_that_python_ignores() -> None:
    script = "grep SigIgn /proc/self/status"
    ignored = int(process.call(sh(script)).text.split()[1], 16)
    assert not ignored & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1)


def test_the_tail_is_the_last_lines_of_the_errors() -> None:
    text = "".join(f"line {number}\n" for number in range(100)).encode()
    assert Finished(("x",), 1, b"out", text).tail(2) == "line 98\nline 99"
    assert len(Finished(("x",), 1, b"out", text).tail().splitlines()) == 20
    assert Finished(("x",), 1, b"out\n", b" \n").tail() == "out"
    assert Finished(("x",), 1, b"", b"\xff").tail() == "\ufffd"


def test_a_command_is_shown_for_pasting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    process.call(["true", "quiet"])
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("ROOTBUILD_DEBUG", "1")
    process.call(["true", "a b"])
    assert capsys.readouterr().err == "$ true 'a b'\n"


def test_programs_are_also_found_in_sbin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert process.find("ls") is None
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    assert process.find("tool") is None
    tool.chmod(0o755)
    assert process.find("tool") == str(tool)
    assert process.find("ldconfig") in {"/usr/sbin/ldconfig", "/sbin/ldconfig"}


class TestForeground:
    def test_our_own_streams(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert process.foreground(sh("echo out; echo err >&2; exit 4")) == 4
        assert capfd.readouterr() == ("out\n", "err\n")

    def test_others(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with (tmp_path / "out").open("wb") as stdout:
            process.foreground(sh("echo out; echo err >&2"), stdout=stdout)
        assert (tmp_path / "out").read_text() == "out\n"
        assert capfd.readouterr() == ("", "err\n")

    def test_a_signal_as_a_shell_tells_it(self) -> None:
        assert process.foreground(sh("kill -15 $$")) == 143

    def test_our_process_group(self) -> None:
        script = f"import os; raise SystemExit(os.getpgrp() != {os.getpgrp()})"
        assert process.foreground([sys.executable, "-c", script]) == 0

    def test_handlers_are_as_before(self) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.getsignal(number) for number in numbers]
        process.foreground(["true"])
        with pytest.raises(HostError):
            process.foreground(["no-such-program-anywhere"])
        assert [signal.getsignal(number) for number in numbers] == before


class TestBackground:
    def test_runs_for_the_length_of_a_block(self) -> None:
        with process.background(["sleep", "600"]) as pid:
            os.kill(pid, 0)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_ends_on_an_error_too(self) -> None:
        with pytest.raises(KeyError), process.background(["sleep", "600"]) as pid:
            raise KeyError
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_a_program_that_has_ended_by_itself(self) -> None:
        with process.background(["true"]):
            time.sleep(0.1)

    def test_a_stubborn_program_with_a_child(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("rootbuild.process.managed.GRACE_SECONDS", 0.2)
        script = f"trap '' TERM; sleep 600 & echo $! >{tmp_path}/child; touch {tmp_path}/up; wait"
        with process.background(sh(script + "; sleep 600")):
            wait_for(lambda: (tmp_path / "up").exists())
            child = int((tmp_path / "child").read_text())
        wait_for(lambda: not alive(child))

    def test_it_is_handed_descriptors(self, tmp_path: Path) -> None:
        read, write = os.pipe()
        with os.fdopen(read, "rb") as source:
            script = f"echo hello >/proc/self/fd/{write}; sleep 600"
            with process.background(sh(script), pass_fds=[write]):
                os.close(write)
                assert source.readline() == b"hello\n"

    def test_its_environment_and_output(self, tmp_path: Path) -> None:
        with (tmp_path / "out").open("wb") as output:
            script = sh("echo $NEW; echo done >&2; sleep 600")
            with process.background(script, env={"NEW": "1"}, output=output):
                wait_for(lambda: "done" in (tmp_path / "out").read_text())
        assert (tmp_path / "out").read_text() == "1\ndone\n"


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits for its parent to look has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

"""Progress on a terminal, as a terminal shows it."""

from __future__ import annotations

import re

import pytest

from rootbuild.progress.findings import Built, Outline, StageOutline
from rootbuild.progress.reporter import CANCELED
from rootbuild.progress.terminal.lines import Paper, cells, clean, fitted, last_lines
from rootbuild.progress.terminal.reporter import TerminalReporter
from tests.progress.terminals import Clock, Terminal, make

STAGES = Outline(
    (
        StageOutline("build", "base", (), ("[build 1/2] FROM base", "[build 2/2] RUN make")),
        StageOutline("test", "base", (), ("[test 1/1] RUN pytest",)),
    ),
    "test",
)


def begin(reporter: TerminalReporter, clock: Clock) -> None:
    reporter.start(1, "[internal] load build definition from Dockerfile")
    reporter.done(1)
    reporter.tell(STAGES)
    reporter.cached(2, "[build 1/2] FROM base")
    reporter.start(3, "[build 2/2] RUN make")
    reporter.start(4, "[test 1/1] RUN pytest")
    reporter.log(3, b"cc one.c\ncc two.c\n")
    reporter.log(4, "déjà vu\n日本語\n".encode())
    clock.now = 1.0
    reporter.warn("careful")


def test_a_short_build_is_lines_and_loads_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    monkeypatch.setattr(reporter, "_draw", lambda: pytest.fail("it is drawn"))
    reporter.start(1, "[internal] load build definition from Dockerfile")
    reporter.done(1)
    reporter.cached(2, "[1/2] FROM base")
    reporter.cached(3, "[2/2] RUN make")
    assert terminal.raw == ""
    reporter.tell(Built("ab" * 32, ("docker.io/library/x:latest",), 5_000_000))
    reporter.close()
    first, second, third, last = terminal.lines()
    assert first.startswith(" ✔ [internal] load build definition from Dockerfile")
    assert second.startswith(" ● [1/2] FROM base")
    assert second.endswith("CACHED")
    assert third.endswith("CACHED")
    assert last == " Built docker.io/library/x:latest · in 0.0s · nothing to do · 5MB"


def test_stages_run_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    found = terminal.lines()
    head = next(n for n, line in enumerate(found) if "Building 1.0s" in line)
    assert "1/3 steps, 1 cached" in found[head]
    assert re.search(
        r"\[build 2/2\] RUN make +1\.0s .*\[test 1/1\] RUN pytest +1\.0s", found[head + 1]
    )
    assert re.search(r"│ cc one\.c +│ déjà vu", found[head + 2])
    assert re.search(r"│ cc two\.c +│ 日 ?本 ?語", found[head + 3])
    assert found[head - 1] == " ⚠ careful"


@pytest.mark.parametrize("columns", [20, 45, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(columns), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    # What wraps goes on in the first column of the next line, where each of ours has a blank.
    assert all(line.startswith(" ") for line in terminal.lines() if line)


def test_what_is_drawn_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    hidden: bool = terminal.screen.cursor.hidden
    assert hidden
    reporter.done(3)
    clock.now = 2.0
    reporter.failed(4, "exit code: 1")
    reporter.close()
    found = terminal.lines()
    assert not any("Building" in line or "│" in line for line in found)
    assert [line.split()[0] for line in found] == ["✔", "●", "⚠", "✔", "✘", "exit", "Failed"]
    assert found[-1] == " Failed after 2.0s · 2 steps, 1 cached"
    assert not terminal.screen.cursor.hidden


def test_a_narrower_window_leaves_no_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(120), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    for columns in (60, 90, 40):
        terminal.resize(columns)
        clock.now += 1
        reporter.progress(3, "x", 1, 2)
    reporter.done(3)
    reporter.done(4)
    reporter.close()
    assert not any("Building" in line or "│" in line for line in terminal.lines())


def test_no_more_rows_are_taken_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(50, 10), Clock()
    reporter = make(terminal, clock, monkeypatch)
    for number in range(30):
        reporter.start(number, f"[s{number} 1/1] RUN x")
        reporter.log(number, b"one\ntwo\nthree\n")
    clock.now = 1.0
    reporter.warn("careful")
    clock.now = 2.0
    reporter.warn("again")
    found = terminal.lines()
    assert found[:2] == [" ⚠ careful", " ⚠ again"]
    assert len(found) <= 2 + 10
    assert "more running" in found[2]


def test_bytes_have_a_bar_and_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    reporter.start(1, "[internal] pull docker.io/library/x")
    reporter.progress(1, "sha256:0123456789abcdef", 0, 100_000_000)
    moved = iter([(1_000_000, 0), (9_000_000, 0)])
    reporter.gauge(1, "downloading", lambda: next(moved))
    clock.now = 2.0
    reporter.progress(1, "sha256:0123456789abcdef", 50_000_000, 100_000_000)
    found = "\n".join(terminal.lines())
    assert "50MB / 100MB, 25MB/s" in found
    assert "0123456789ab" in found
    assert "━" in found
    assert "downloading 1MB, 500kB/s" in found
    clock.now = 2.05
    reporter.done(1)
    reporter.close()
    assert re.search(r"pull docker.io/library/x +59MB 2\.\ds$", terminal.lines()[0])


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch, {"NO_COLOR": "1", "TERM": "xterm-256color"})
    begin(reporter, clock)
    reporter.close()
    assert re.search(r"\x1b\[[0-9;]*m", terminal.raw) is None


def test_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    assert re.search(r"\x1b\[[0-9;]*m", terminal.raw)


def test_a_terminal_for_ascii_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    reporter = make(terminal, clock, monkeypatch)
    reporter.start(1, "[1/1] RUN make")
    reporter.log(1, b"line\n")
    reporter.progress(1, "x", 1, 2)
    clock.now = 1.0
    reporter.warn("careful")
    reporter.done(1)
    reporter.close()
    assert terminal.raw.isascii()


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    reporter.failed(3, CANCELED)
    reporter.close()  # the other one never got to say that it has ended
    found = terminal.lines()
    assert [line.split()[-1] for line in found if "RUN" in line] == ["CANCELED", "CANCELED"]
    assert found[-1].startswith(" Canceled after")


def test_somebody_else_has_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    begin(reporter, clock)
    reporter.pause("a shell")
    assert terminal.lines()[-1] == "a shell"
    before = terminal.raw
    clock.now = 5.0
    reporter.warn("later")
    assert terminal.raw == before
    reporter.resume()
    clock.now = 6.0
    reporter.done(3)
    assert " ⚠ later" in terminal.lines()


def test_a_terminal_that_is_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)

    def gone(text: str) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(terminal, "write", gone)
    begin(reporter, clock)
    reporter.close()


def test_with_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It draws by itself, and ends with the reporter."""
    terminal, clock = Terminal(), Clock()
    reporter = make(terminal, clock, monkeypatch)
    clock.now = 10.0
    reporter.start(1, "[1/1] RUN make")
    reporter.animate()
    assert reporter._thread is not None
    reporter.close()
    assert not reporter._thread.is_alive()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("a\tb", "a   b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("up\x1b[3A\x1b[2Jdown", "updown"),
        ("bell\x07\x00\x7f\x9b31mc1", "bellc1"),
        ("\u202eright to left", "right to left"),
    ],
)
def test_nothing_is_done_to_the_terminal(given: str, shown: str) -> None:
    assert clean(given) == shown


def test_wide_characters() -> None:
    assert cells("日本語") == 6
    assert cells("e\u0301") == 1
    assert fitted("日本語", 6) == "日本語"
    assert fitted("日本語", 5) == "日本…"
    assert fitted("日本語", 4) == "日…"
    assert fitted("abc", 0) == ""


def test_the_last_lines_of_output() -> None:
    assert last_lines(b"one\n\n10%\r50%\r100%\r\nlast", 2) == ["100%", "last"]
    assert last_lines(b"one\ntwo\n", 5) == ["one", "two"]
    assert last_lines(b"", 5) == []
    assert last_lines(b"one", 0) in ([], ["one"])


def test_ink() -> None:
    assert Paper(10, colours=False).ink("x", "32") == "x"
    assert Paper(10).ink("x", "32") == "\x1b[32mx\x1b[0m"

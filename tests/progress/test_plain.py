from __future__ import annotations

import io
import re
import time

from rootbuild.progress.plain import HOLD_SECONDS, QUIET_SECONDS, PlainReporter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_build_in_buildkit_s_plain_style() -> None:
    out, clock = io.StringIO(), Clock()
    reporter = PlainReporter(out, clock)
    reporter.cached(1, "[1/2] FROM x")
    reporter.start(2, "[2/2] RUN make")
    clock.now = 0.25
    reporter.log(2, b"one\ntw")
    reporter.log(2, b"o\nthree")
    clock.now = 1.5
    reporter.done(2)
    reporter.start(3, "exporting to image")
    reporter.status(3, "naming to y done")
    reporter.done(3)
    assert out.getvalue() == (
        "#1 [1/2] FROM x\n#1 CACHED\n\n"
        "#2 [2/2] RUN make\n#2 0.250 one\n#2 0.250 two\n#2 1.500 three\n#2 DONE 1.5s\n\n"
        "#3 exporting to image\n#3 naming to y done\n#3 DONE 0.0s\n"
    )


def test_a_vertex_that_speaks_again_is_named_again() -> None:
    out = io.StringIO()
    reporter = PlainReporter(out, Clock())
    reporter.start(1, "a")
    reporter.start(2, "b")
    reporter.log(1, b"x\n")
    assert out.getvalue() == "#1 a\n#1 ...\n\n#2 b\n#2 ...\n\n#1 a\n#1 0.000 x\n"


class TestSeveralAtOnce:
    def test_lines_of_one_stay_together_until_its_end(self) -> None:
        out, clock = io.StringIO(), Clock()
        reporter = PlainReporter(out, clock)
        for number, name in ((1, "a"), (2, "b")):
            reporter.start(number, name)
        for _ in range(3):
            clock.now += 0.01
            reporter.log(2, b"two\n")
            reporter.log(1, b"one\n")
        reporter.done(2)
        reporter.done(1)
        assert out.getvalue() == (
            "#1 a\n#1 ...\n\n#2 b\n#2 0.010 two\n#2 0.020 two\n#2 0.030 two\n#2 DONE 0.0s\n\n"
            "#1 a\n#1 0.010 one\n#1 0.020 one\n#1 0.030 one\n#1 DONE 0.0s\n"
        )

    def test_who_is_silent_is_not_waited_for(self) -> None:
        out, clock = io.StringIO(), Clock()
        reporter = PlainReporter(out, clock)
        reporter.start(1, "a")
        reporter.start(2, "b")
        reporter.log(2, b"two\n")
        clock.now = QUIET_SECONDS
        reporter.log(1, b"one\n")
        assert out.getvalue().endswith("#2 0.000 two\n#2 ...\n\n#1 a\n#1 0.200 one\n")

    def test_nobody_speaks_for_ever(self) -> None:
        out, clock = io.StringIO(), Clock()
        reporter = PlainReporter(out, clock)
        reporter.start(1, "a")
        reporter.start(2, "b")
        while clock.now < 3 * HOLD_SECONDS:
            reporter.log(2, b"two\n")
            reporter.log(1, b"one\n")
            clock.now += QUIET_SECONDS / 2
        text = out.getvalue()
        assert text.count("#1 a\n") == 2
        assert text.count("#2 b\n") == 2

    def test_what_is_held_comes_out_when_all_are_silent(self) -> None:
        out = io.StringIO()
        reporter = PlainReporter(out)
        reporter.start(1, "a")
        reporter.start(2, "b")
        reporter.log(2, b"two\n")
        reporter.log(1, b"one\n")
        assert "one" not in out.getvalue()
        deadline = time.monotonic() + 10
        while "one" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert re.search(r"#2 ...\n\n#1 a\n#1 0\.\d+ one\n$", out.getvalue())

    def test_a_vertex_that_ends_says_all_at_once(self) -> None:
        out = io.StringIO()
        reporter = PlainReporter(out, Clock())
        reporter.start(1, "a")
        reporter.start(2, "b")
        reporter.log(2, b"two\n")
        reporter.log(1, b"one\nhalf")
        reporter.failed(1, "no")
        reporter.failed(2, "canceled")
        assert out.getvalue().endswith(
            "#2 0.000 two\n#2 ...\n\n#1 a\n#1 0.000 one\n#1 0.000 half\n#1 ERROR: no\n\n"
            "#2 b\n#2 CANCELED\n"
        )


def test_failures_and_warnings() -> None:
    out = io.StringIO()
    reporter = PlainReporter(out, Clock())
    reporter.start(1, "a")
    reporter.log(1, b"half a line")
    reporter.failed(1, "exit code: 1")
    reporter.warn("mind the gap")
    assert out.getvalue() == (
        "#1 a\n#1 0.000 half a line\n#1 ERROR: exit code: 1\nWARN: mind the gap\n"
    )


def test_progress_bars_and_bytes_that_are_no_text() -> None:
    out = io.StringIO()
    reporter = PlainReporter(out, Clock())
    reporter.start(1, "a")
    reporter.log(1, b"10%\r50%\r100%\r\n\xff\n\n")
    assert out.getvalue() == "#1 a\n#1 0.000 100%\n#1 0.000 \ufffd\n#1 0.000\n"

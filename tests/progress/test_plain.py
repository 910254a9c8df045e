from __future__ import annotations

import io

from rootbuild.progress.plain import PlainReporter


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
    assert out.getvalue() == "#1 a\n\n#2 b\n\n#1 a\n#1 0.000 x\n"


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

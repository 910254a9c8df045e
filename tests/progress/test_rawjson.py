"""`--progress=rawjson`: lines that BuildKit's clients can read."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from rootbuild.progress.findings import Outline, StageOutline
from rootbuild.progress.rawjson import RawJsonReporter
from rootbuild.progress.reporter import CANCELED


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_vertex_from_its_beginning_to_its_end() -> None:
    out = io.StringIO()
    now = iter([0.0, 1.5, 1.5, 2.0])
    reporter = RawJsonReporter(out, lambda: next(now))
    reporter.start(1, "[1/2] RUN make")
    reporter.log(1, b"caf\xc3\xa9 \xff\n")
    reporter.status(1, "naming to x done")
    reporter.done(1)
    begun, logged, told, ended = lines(out)
    (vertex,) = begun["vertexes"]
    assert vertex == {
        "digest": vertex["digest"],
        "name": "[1/2] RUN make",
        "started": "1970-01-01T00:00:00.000000Z",
    }
    assert vertex["digest"].startswith("sha256:")
    assert len(vertex["digest"]) == len("sha256:") + 64
    (log,) = logged["logs"]
    assert base64.b64decode(log["data"]) == b"caf\xc3\xa9 \xff\n"
    assert (log["vertex"], log["stream"]) == (vertex["digest"], 1)
    (status,) = told["statuses"]
    assert (status["id"], status["vertex"]) == ("naming to x", vertex["digest"])
    assert ended["vertexes"] == [{**vertex, "completed": "1970-01-01T00:00:02.000000Z"}]


def test_cached_failed_and_canceled() -> None:
    out = io.StringIO()
    reporter = RawJsonReporter(out, lambda: 1.0)
    reporter.cached(1, "a")
    reporter.start(2, "b")
    reporter.failed(2, "exit code: 1")
    reporter.start(3, "c")
    reporter.failed(3, CANCELED)
    found = [line["vertexes"][0] for line in lines(out)]
    assert found[0]["cached"] is True
    assert found[0]["completed"] == found[0]["started"]
    assert [vertex.get("error") for vertex in found[1:]] == [
        None,
        "exit code: 1",
        None,
        "context canceled",
    ]


def test_names_that_occur_twice_are_two_vertices() -> None:
    out = io.StringIO()
    reporter = RawJsonReporter(out, lambda: 1.0)
    reporter.cached(1, "a")
    reporter.cached(2, "a")
    assert len({line["vertexes"][0]["digest"] for line in lines(out)}) == 2


def test_what_is_moved_has_a_total_and_an_end() -> None:
    out = io.StringIO()
    reporter = RawJsonReporter(out, lambda: 1.0)
    reporter.start(1, "pull")
    reporter.progress(1, "sha256:a", 5, 10)
    reporter.progress(1, "sha256:a", 10, 10)
    reporter.progress(1, "config", 3, 0)
    reporter.done(1)
    found = [line["statuses"][0] for line in lines(out) if "statuses" in line]
    told = [(s["id"], s["current"], s.get("total"), "completed" in s) for s in found]
    assert told == [
        ("sha256:a", 5, 10, False),
        ("sha256:a", 10, 10, True),
        ("config", 3, None, False),
        ("config", 3, None, True),
    ]


def test_inputs_are_the_steps_below() -> None:
    out = io.StringIO()
    reporter = RawJsonReporter(out, lambda: 1.0)
    build = StageOutline("build", "x", (), ("[build 1/2] FROM x", "[build 2/2] RUN make"))
    last = StageOutline("last", "y", ("build",), ("[last 1/1] COPY --from=build / /",))
    reporter.tell(Outline((build, last), "last"))
    for number, name in enumerate((*build.steps, *last.steps)):
        reporter.cached(number, name)
    first, second, third = (line["vertexes"][0] for line in lines(out))
    assert "inputs" not in first
    assert second["inputs"] == [first["digest"]]
    assert third["inputs"] == [second["digest"]]


def test_nothing_is_written_while_somebody_else_has_the_terminal() -> None:
    out = io.StringIO()
    reporter = RawJsonReporter(out, lambda: 1.0)
    reporter.pause("a shell")
    reporter.warn("careful")
    assert out.getvalue() == ""
    reporter.resume()
    (line,) = lines(out)
    assert base64.b64decode(line["warnings"][0]["short"]) == b"careful"

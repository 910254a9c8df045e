"""The page of a build, as text: what is on it, and that nothing told is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from rootbuild.history import folder
from rootbuild.history.page.graph import graph
from rootbuild.history.page.model import gather
from rootbuild.history.page.page import page
from rootbuild.history.page.timeline import timeline
from rootbuild.history.recorder import Recorder
from tests.history.recorded_builds import Ticks, failure, full, head

_VOID = {"meta", "link", "br", "path", "rect", "img"}


class Tree(HTMLParser):
    """Reads a document; complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data


def made(where: Path) -> tuple[str, Tree]:
    text = page(next(folder.records(where)))
    return text, Tree(text)


def test_all_of_it_is_there(tmp_path: Path) -> None:
    full(tmp_path, tags=("app",), arguments={"VERSION": "3", "TOKEN": ""})
    _, tree = made(tmp_path)
    for told in (
        *("Stages", "Timeline", "Steps", "Layers", "Build context", "Warnings"),
        *("[test 1/1] RUN pytest", "one ok", "one.py (the context) has changed", "completed"),
        *("data/big.bin", "100MB", "the build context is large", "ARG VERSION", "(not kept)"),
    ):
        assert told in tree.text, told
    assert "[32m" not in tree.text


def test_nothing_is_loaded_and_nothing_runs_but_our_script(tmp_path: Path) -> None:
    full(tmp_path, tags=("<b>app</b>",), arguments={"X": "\"'><img src=x onerror=alert(1)>"})
    text, tree = made(tmp_path)
    tags = [tag for tag, _ in tree.seen]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert "b" not in tags[: tags.index("body") + 5]
    for _, attributes in tree.seen:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "#")[0] in "#d"  # `#step-1`, `data:,`
    assert not re.search(r"https?://", text)
    assert "@import" not in text
    assert "url(" not in text


def test_a_failure(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head(), Ticks())
    recorder.start(1, "[1/1] RUN x")
    recorder.log(1, b"oh no\n")
    recorder.failed(1, "exit code: 1")
    recorder.end(error=failure())
    _, tree = made(tmp_path)
    assert "look inside" in tree.text
    assert ("details", {"class": "step", "id": "step-1", "open": None}) in tree.seen


def test_a_build_that_was_killed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head(), Ticks())
    recorder.start(1, "[1/1] RUN x")
    recorder.leave()
    _, tree = made(tmp_path)
    assert "The build was killed" in tree.text
    assert "not ended" in tree.text


def test_nothing_at_all(tmp_path: Path) -> None:
    Recorder(tmp_path, head(), Ticks()).leave()
    made(tmp_path)


def test_the_graph_has_an_edge_for_each_need(tmp_path: Path) -> None:
    full(tmp_path)
    model = gather(next(folder.records(tmp_path)).events())
    svg = graph(model)
    assert svg.count('class="node') == 3
    assert svg.count('class="edge"') == 2 * 3  # a line and an arrow each
    assert 'class="node cached"' in svg


def test_steps_that_overlap_have_rows_of_their_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head(), Ticks())
    for number in (1, 2):
        recorder.start(number, f"load {number}")
    for number in (1, 2):
        recorder.done(number)
    recorder.start(3, "load 3")
    recorder.done(3)
    recorder.end()
    model = gather(next(folder.records(tmp_path)).events())
    lanes = timeline(model, 10.0).split('class="lane"')[1:]
    assert [lane.count('class="bar') for lane in lanes] == [2, 1]

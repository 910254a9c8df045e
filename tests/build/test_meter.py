"""Reading the context, as progress is told of it."""

from __future__ import annotations

from typing import cast

from rootbuild.build.meter import ITEM, NAME, ContextMeter
from rootbuild.build.vertices import Vertices
from rootbuild.progress.reporter import Reporter
from tests.build.recorded import Listener


def made(times: list[float]) -> tuple[Listener, ContextMeter]:
    listener = Listener()
    return listener, ContextMeter(Vertices(cast(Reporter, listener)), lambda: times.pop(0))


def test_one_vertex_while_something_is_read() -> None:
    listener, meter = made([1.0, 1.01, 1.2])
    with meter.reading("a") as first:
        first(5)
        with meter.reading("b") as second:
            second(7)
        first(1)
    assert listener.told == [
        ("start", 1, NAME),
        ("progress", 1, ITEM, 5, 0),
        ("progress", 1, ITEM, 13, 0),
        ("progress", 1, ITEM, 13, 0),
        ("status", 1, f"{ITEM}: 13B done"),
        ("done", 1),
    ]


def test_nothing_is_told_where_nothing_is_read() -> None:
    listener, meter = made([])
    with meter.reading("a"):
        pass
    assert listener.told == []


def test_what_was_read_once_is_not_told_again() -> None:
    listener, meter = made([1.0])
    for _ in range(2):
        with meter.reading("a") as read:
            read(5)
    assert [told[0] for told in listener.told].count("start") == 1


def test_later_on_there_is_a_vertex_of_its_own() -> None:
    listener, meter = made([1.0, 5.0])
    for name in ("a", "b"):
        with meter.reading(name) as read:
            read(5)
    assert [told for told in listener.told if told[0] == "done"] == [("done", 1), ("done", 2)]

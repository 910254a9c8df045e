"""Our data classes against those of `dataclasses`: the same definitions, used in the same ways."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from rootbuild import records


class Pair(NamedTuple):
    one: int
    two: object


def define(source: Any) -> SimpleNamespace:
    """Classes made by one of the two modules."""
    dataclass, field = source.dataclass, source.field

    @dataclass(frozen=True, slots=True)
    class Point:
        """Where."""

        x: int
        y: int = 7
        names: tuple[str, ...] = field(default=())
        secret: str = field(default="s", repr=False)

        @property
        def total(self) -> int:
            return self.x + self.y

    @dataclass(frozen=True, slots=True)
    class Deep(Point):
        inner: list[Any] = field(default_factory=list)
        y: int = 8

        def shout(self) -> str:
            return f"{self.total}!"

    @dataclass(slots=True)
    class Open:
        value: int
        more: dict[str, Any] = field(default_factory=dict)

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    @dataclass(frozen=True, slots=True, order=True)
    class Ranked:
        rank: int
        name: str = ""

    @dataclass(frozen=True, slots=True)
    class Own:
        value: int

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

    return SimpleNamespace(
        Point=Point, Deep=Deep, Open=Open, Empty=Empty, Ranked=Ranked, Own=Own, source=source
    )


OURS, STANDARD = define(records), define(dataclasses)

USES: dict[str, Callable[[SimpleNamespace], object]] = {
    "by position": lambda m: repr(m.Point(1, 2, ("a",))),
    "by name": lambda m: repr(m.Point(names=("b",), x=3)),
    "both": lambda m: repr(m.Point(1, names=("b",))),
    "base first": lambda m: repr(m.Deep(1, 2, ("n",), "t", [3])),
    "methods": lambda m: (m.Deep(1).shout(), m.Point(2).total),
    "own default each": lambda m: m.Deep(1).inner is m.Deep(1).inner,
    "empty": lambda m: (repr(m.Empty()), m.Empty() == m.Empty(), len({m.Empty(), m.Empty()})),
    "equal": lambda m: (m.Point(1) == m.Point(1, 7), m.Point(1) == m.Point(2)),
    "classes differ": lambda m: (m.Point(1) == m.Deep(1), m.Point(1) != 1),
    "hash": lambda m: len({m.Point(1), m.Point(1, 7), m.Point(2)}),
    "no hash": lambda m: m.Open.__hash__,
    "own methods": lambda m: (repr(m.Own(1)), m.Own(1) == m.Own(2), len({m.Own(1), m.Own(1)})),
    "order": lambda m: [
        (a < b, a <= b, a > b, a >= b)
        for a in (m.Ranked(1), m.Ranked(2, "x"))
        for b in (m.Ranked(1), m.Ranked(2), m.Ranked(2, "x"))
    ],
    "assigned": lambda m: changed(m.Open(1)),
    "replace": lambda m: repr(m.source.replace(m.Deep(1), y=5, inner=[6])),
    "fields": lambda m: [field.name for field in m.source.fields(m.Deep)],
    "asdict": lambda m: m.source.asdict(
        m.Deep(1, inner=[m.Empty(), (m.Open(2, {"k": m.Ranked(1)}), Pair(3, m.Empty()))])
    ),
    "copy": lambda m: copy.copy(m.Deep(1, 2)) == m.Deep(1, 2),
    "deepcopy": lambda m: copy.deepcopy(m.Open(1, {"a": []})) == m.Open(1, {"a": []}),
    "match": lambda m: m.Deep.__match_args__,
    "names": lambda m: (m.Deep.__name__, m.Deep.__qualname__, m.Point.__doc__, m.Deep.__module__),
    "slots": lambda m: (m.Point.__slots__, hasattr(m.Deep(1), "__dict__")),
}

REFUSED: dict[str, Callable[[SimpleNamespace], object]] = {
    "too few": lambda m: m.Point(),
    "too many": lambda m: m.Point(1, 2, (), "s", 5),
    "unknown": lambda m: m.Point(1, z=1),
    "twice": lambda m: m.Point(1, x=1),
    "unknown in replace": lambda m: m.source.replace(m.Point(1), z=1),
    "set": lambda m: setattr(m.Point(1), "x", 2),
    "set anew": lambda m: setattr(m.Point(1), "z", 2),
    "set below": lambda m: setattr(m.Deep(1), "inner", []),
    "delete": lambda m: delattr(m.Point(1), "x"),
    "no slot": lambda m: setattr(m.Open(1), "z", 2),
    "unordered": lambda m: m.Point(1) < m.Point(2),
    "order of others": lambda m: m.Ranked(1) < m.Point(2),
}


def changed(one: Any) -> str:
    one.value = 2
    return repr(one)


@pytest.mark.parametrize("use", USES)
def test_like_the_standard_ones(use: str) -> None:
    assert USES[use](OURS) == USES[use](STANDARD)


@pytest.mark.parametrize("use", REFUSED)
def test_refused_like_the_standard_ones(use: str) -> None:
    for module in (STANDARD, OURS):
        with pytest.raises((AttributeError, TypeError)):
            REFUSED[use](module)


@records.dataclass(frozen=True, slots=True)
class Kept:
    value: int


def test_pickle() -> None:
    assert pickle.loads(pickle.dumps(Kept(3))) == Kept(3)


def test_the_standard_functions_take_ours() -> None:
    found = dataclasses.replace(OURS.Deep(1), y=5)
    assert repr(found) == repr(OURS.Deep(1, 5))
    assert [field.name for field in dataclasses.fields(OURS.Point)] == ["x", "y", "names", "secret"]
    assert dataclasses.asdict(OURS.Open(1)) == {"value": 1, "more": {}}


def test_a_standard_one_of_ours() -> None:
    @dataclasses.dataclass(frozen=True)
    class Below(OURS.Point):  # type: ignore[misc,name-defined]
        more: int = 3

    assert repr(Below(1, more=4)).endswith("Below(x=1, y=7, names=(), more=4)")

"""Which of the kept things go, as a pure matter of rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.build.kept.entry import Entry, Kind, oldest_first, reclaimable, sizes, total
from rootbuild.build.kept.limit import LEAST, MOST, limit
from rootbuild.build.kept.rules import Rules, Space
from rootbuild.errors import HostError

A, B, C = ("a", 100), ("b", 10), ("c", 1)


def entry(
    name: str,
    used: float,
    *parts: tuple[str, int],
    kind: Kind = "regular",
    shared: bool = False,
    use: bool = False,
) -> Entry:
    return Entry(name, kind, used, parts=parts, shared=shared, use=use)


def chosen(rules: Rules, *entries: Entry, free: int = 0) -> list[str]:
    return [each.id for each in rules.chosen(entries, free)]


def test_what_several_have_counts_once() -> None:
    lower, upper = entry("lower", 1, A), entry("upper", 2, B, A)
    assert total([lower, upper]) == 110
    assert sizes([upper, lower]) == {"lower": 100, "upper": 10}


def test_what_is_in_use_holds_what_it_consists_of() -> None:
    lower, upper = entry("lower", 1, A), entry("upper", 2, B, A)
    other = entry("other", 1, C, A, use=True)
    assert reclaimable([lower, upper, other]) == 10


def test_the_least_recently_used_are_first_and_upper_ones_before_lower_ones() -> None:
    lower, old, new = entry("lower", 0, A), entry("old", 5, B, A), entry("new", 9, C, A)
    assert [each.id for each in oldest_first([new, lower, old])] == ["old", "new", "lower"]


def test_all_goes_but_what_is_shared_or_in_use() -> None:
    entries = (
        entry("one", 1, A),
        entry("named", 2, shared=True),
        entry("busy", 3, B, use=True),
        entry("mount", 4, C, kind="exec.cachemount"),
    )
    assert chosen(Rules(), *entries) == ["one", "mount"]
    assert chosen(Rules(everything=True), *entries) == ["one", "named", "mount"]


def test_only_what_passes_all_tests_goes() -> None:
    tests = (lambda each: each.used < 3, lambda each: each.kind == "regular")
    entries = entry("1", 1, A), entry("2", 2, B, kind="source.http"), entry("3", 3, C)
    assert chosen(Rules(tests=tests), *entries) == ["1"]


@pytest.mark.parametrize(
    ("keep", "gone"),
    [(111, []), (110, ["old"]), (11, ["old", "mid"]), (0, ["old", "mid", "new"])],
)
def test_as_few_go_as_have_to(keep: int, gone: list[str]) -> None:
    entries = entry("new", 3, B), entry("old", 1, C), entry("mid", 2, A)
    assert chosen(Rules(space=Space(most=keep)), *entries) == gone


def test_a_part_is_free_when_the_last_one_goes_that_has_it() -> None:
    """Removing the upper one alone is not enough, and the other one that is in use holds it."""
    lower, upper = entry("lower", 1, A), entry("upper", 2, B, A)
    assert chosen(Rules(space=Space(most=105)), lower, upper) == ["upper"]
    assert chosen(Rules(space=Space(most=50)), lower, upper) == ["upper", "lower"]
    busy = entry("busy", 0, C, A, use=True)
    assert chosen(Rules(space=Space(most=50)), lower, upper, busy) == ["upper", "lower"]


@pytest.mark.parametrize(
    ("space", "keep"),
    [
        (Space(), None),
        (Space(reserved=7), 7),
        (Space(most=50), 50),
        (Space(most=50, reserved=60), 60),
        (Space(free=30), 80),  # ten more are needed than are free
        (Space(free=10), 90),
        (Space(free=500), 0),
        (Space(free=500, reserved=5), 5),
        (Space(free=30, most=20), 20),
    ],
)
def test_space(space: Space, keep: int | None) -> None:
    found = space.keep(90, 20)
    assert found is None if keep is None else max(found or 0, 0) == keep


class TestLimit:
    def test_a_share_of_the_disk(self, tmp_path: Path) -> None:
        found = limit("", "", tmp_path / "not" / "there")
        assert found is not None
        assert LEAST <= found <= MOST

    def test_orders(self, tmp_path: Path) -> None:
        assert limit("2GB", "x", tmp_path) == 2 << 30
        assert limit("off", "x", tmp_path) is None
        whole, half = limit("100%", "x", tmp_path), limit("50%", "x", tmp_path)
        assert whole
        assert half == whole // 2

    @pytest.mark.parametrize("text", ["much", "%", "-3", "x%"])
    def test_no_order(self, text: str, tmp_path: Path) -> None:
        with pytest.raises(HostError) as caught:
            limit(text, "/etc/x", tmp_path)
        assert caught.value.id == "bad-config"
        assert "/etc/x" in caught.value.report.message

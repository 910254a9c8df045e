"""What is kept for later builds, and what later builds make of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rootbuild.build.checkpoint import Costs, Uncommitted, pays
from rootbuild.build.export import layered
from rootbuild.errors import BuildError
from rootbuild.image.config import HistoryEntry
from tests.build.recorded import BASE, MINE, Machine, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def steps(*scripts: str) -> str:
    return "FROM base\n" + "".join(f"RUN {script}\n" for script in scripts)


class TestCheckpoints:
    def test_cheap_steps_are_one_layer(self, site: Site) -> None:
        image = site.build(steps("write a 1", "write b 1", "write c 1"))
        assert (site.count("commit"), site.count("finish")) == (0, 1)
        assert len(site.layers(image)) == 2

    def test_all_means_one_layer_per_step(self, site: Site) -> None:
        image = site.build(steps("write a 1", "write b 1", "write c 1"), layers="all")
        assert site.committed() == site.count("start") == 3
        assert len(site.layers(image)) == 4
        assert [site.read(image, name) for name in "abc"] == ["1", "1", "1"]

    def test_a_dear_step_is_committed_at_once(self, site: Site) -> None:
        image = site.build(steps("write a 1", "last 5; write b 1", "write c 1"))
        order = [verb for verb in site.backend.verbs() if verb in ("run", "commit", "finish")]
        assert order == ["run", "run", "commit", "run", "finish"]
        history = [line for line in site.config(image)["history"] if not line.get("empty_layer")]
        assert [line["created_by"].split()[2:5] for line in history[1:]] == [
            ["-c", "last", "5;"],
            ["-c", "write", "c"],
        ]
        assert len(site.layers(image)) == 3

    def test_small_costs_add_up(self, site: Site) -> None:
        site.build(steps(*["last 0.4"] * 7))
        order = [verb[0] for verb in site.backend.verbs() if verb in ("run", "commit", "finish")]
        assert "".join(order) == "rrrcrrrcrf"

    def test_a_commit_that_is_dearer_than_the_step_waits(self, site: Site) -> None:
        """A gigabyte takes some eight seconds to commit, which are paid back by the second edit."""
        site.build(steps("last 3; fill 1", "write b 1"))
        assert site.count("commit") == 0
        site.build(steps("last 5; fill 1", "write b 2"))
        assert site.count("commit") == 1

    def test_what_commits_take_is_measured(self) -> None:
        costs = Costs()
        work = Uncommitted(1, 3.0, 1 << 30)
        assert not pays("auto", work, costs)
        costs.measured(1 << 20, 0.01)  # too small to tell
        assert not pays("auto", work, costs)
        costs.measured(1 << 30, 4.0)
        assert pays("auto", work, costs)

    def test_emptying_the_disk_costs_nothing(self) -> None:
        assert pays("auto", Uncommitted(1, 1.5, -(1 << 40)), Costs())
        assert not pays("auto", Uncommitted(1, 0.5, -(1 << 40)), Costs())

    def test_nothing_to_commit(self) -> None:
        assert not pays("all", Uncommitted(), Costs())
        assert not pays("auto", Uncommitted(), Costs())

    def test_a_stage_that_is_only_copied_from_is_no_image(self, site: Site) -> None:
        image = site.build(
            "FROM base AS a\nRUN write a 1\nFROM base AS b\nCOPY --from=a /a /b\n"
            "FROM base\nCOPY --from=a /a /a\nCOPY --from=b /b /b\n"
        )
        assert (site.count("commit"), site.count("finish")) == (0, 1)
        assert len(site.layers(image)) == 2
        assert site.count("run") == 1

    def test_a_dear_one_is(self, site: Site) -> None:
        text = "FROM base AS a\nRUN last 5; write a {}\nFROM base\nCOPY --from=a /a /a\n"
        site.build(text.format(1))
        assert site.count("commit") == 1
        site.build(text.format(1) + "RUN write b 1\n")
        assert site.scripts() == ["write b 1"]

    def test_the_base_of_another_stage_is(self, site: Site) -> None:
        image = site.build(
            "FROM base AS a\nRUN write a 1\nFROM a AS b\nRUN write b 1\nRUN write c 1\nFROM b\n"
        )
        assert site.count("commit") == 2
        assert len(site.layers(image)) == 3
        assert [site.read(image, name) for name in "abc"] == ["1", "1", "1"]

    def test_a_stage_with_two_readers_is_built_once(self, site: Site) -> None:
        image = site.build(
            "FROM base AS a\nRUN stamp a\nFROM a AS b\nRUN write b 1\n"
            "FROM a\nCOPY --from=b /a /copied\n"
        )
        assert site.scripts().count("stamp a") == 1
        assert site.read(image, "a") == site.read(image, "copied")


class TestResuming:
    def test_from_a_checkpoint(self, site: Site) -> None:
        site.build(steps("last 5; write a 1", "write b 1"))
        image = site.build(steps("last 5; write a 1", "write b 2"))
        assert site.scripts() == ["write b 2"]
        assert site.started() != [site.id_of(BASE)]
        assert site.read(image, "a") + site.read(image, "b") == "12"
        assert len(site.layers(image)) == 3

    def test_from_the_end_of_an_earlier_build(self, site: Site) -> None:
        site.build(steps("write a 1", "write b 1"))
        image = site.build(steps("write a 1", "write b 1", "write c 1"))
        assert site.scripts() == ["write c 1"]
        assert len(site.layers(image)) == 3

    def test_cheap_work_is_done_again(self, site: Site) -> None:
        site.build(steps("write a 1", "write b 1"))
        image = site.build(steps("write a 1", "write b 2"))
        assert site.scripts() == ["write a 1", "write b 2"]
        assert site.started() == [site.id_of(BASE)]
        assert len(site.layers(image)) == 2

    @pytest.mark.parametrize("policy", ["auto", "all"])
    def test_after_a_failure(self, site: Site, policy: str) -> None:
        with pytest.raises(BuildError):
            site.build(steps("last 5; write a 1", "exit 1"), layers=policy)
        site.build(steps("last 5; write a 1", "write b 1"), layers=policy)
        assert site.scripts() == ["write b 1"]

    def test_with_the_finished_image_gone(self, site: Site) -> None:
        """It holds the last steps too; what was dear is in an image of its own."""
        image = site.build(steps("last 5; write a 1"))
        site.backend.remove([image])
        assert site.start(inside=False) is None
        site.build()
        assert site.backend.verbs() == ["session", "create_image"]
        image = site.build(steps("last 5; write a 1", "write b 1"))
        site.backend.remove([image])
        site.build()
        assert site.scripts() == ["write b 1"]

    def test_the_finished_image_is_gone_on_from(self, site: Site) -> None:
        old = site.build(steps("write a 1"))
        image = site.build(steps("write a 1", "write b 1"))
        assert site.scripts() == ["write b 1"]
        assert site.started() == [old]
        assert len(site.layers(image)) == len(site.layers(old)) + 1

    def test_with_a_checkpoint_gone(self, site: Site) -> None:
        site.build(steps("last 5; write a 1", "write b 1"))
        every = [image.id for image in site.backend.images() if not image.names]
        site.backend.remove(every)
        assert site.start(inside=False) is None
        site.build()
        assert site.scripts() == ["last 5; write a 1", "write b 1"]
        assert site.started()[0] == site.id_of(BASE)

    def test_with_the_index_gone(self, site: Site) -> None:
        old = site.build(steps("write a 1"))
        for path in (site.root / "cache").iterdir():
            path.unlink()
        new = site.build()
        assert site.scripts() == ["write a 1"]
        assert site.layers(old) == site.layers(new)

    def test_no_cache_does_all_and_is_remembered(self, site: Site) -> None:
        text = "FROM base AS a\nRUN stamp a\nFROM base\nCOPY --from=a /a /a\nRUN last 5\n"
        old = site.build(text, tags=("x",))
        assert site.start(inside=False, no_cache=True, tags=("x",)) is None
        assert site.backend.calls == []
        new = site.build(no_cache=True, tags=("x",))
        assert site.scripts() == ["stamp a", "last 5"]
        assert (site.read(old, "a"), site.read(new, "a")) == ("0", "1")
        assert site.start(inside=False, tags=("x",)) == new
        assert site.backend.calls == []

    def test_no_cache_for_one_stage(self, site: Site) -> None:
        """What copies from it goes by the content; its new result is known later."""
        text = (
            "FROM base AS one\nRUN stamp a\nFROM base AS two\nRUN write b 1\n"
            "FROM base\nCOPY --from=two /b /b\nRUN last 5\nCOPY --from=one /a /a\n"
        )
        site.build(text, tags=("x",))
        assert site.start(inside=False, no_cache_stages=("One",), tags=("x",)) is None
        image = site.build(no_cache_stages=("One",), tags=("x",))
        assert site.scripts() == ["stamp a"]
        assert site.read(image, "a") == "1"
        assert site.start(inside=False, tags=("x",)) == image

    def test_no_cache_for_a_stage_with_an_equal_result(self, site: Site) -> None:
        image = site.build("FROM base AS one\nRUN write a 1\nFROM base\nCOPY --from=one /a /a\n")
        assert site.build(no_cache_stages=("0",)) == image
        assert site.scripts() == ["write a 1"]
        assert site.count("create_image") == 0

    def test_no_cache_for_the_base_of_a_stage(self, site: Site) -> None:
        """A filesystem that is made anew cannot be below layers that were made before."""
        site.build("FROM base AS one\nRUN stamp a\nFROM one AS two\nRUN last 5\nFROM two\n")
        image = site.build(no_cache_stages=("ONE",))
        assert site.scripts() == ["stamp a", "last 5"]
        assert site.read(image, "a") == "1"

    @pytest.mark.parametrize("name", ["nobody", "stage-1x", "-1", "7"])
    def test_no_cache_for_no_stage(self, site: Site, name: str) -> None:
        image = site.build("FROM base AS one\nRUN stamp a\nFROM one\n")
        assert site.start(inside=False, no_cache_stages=(name,)) == image

    def test_no_cache_for_a_stage_that_is_not_needed(self, site: Site) -> None:
        image = site.build("FROM base AS one\nRUN stamp a\nFROM base\nRUN write b 1\n")
        assert site.start(inside=False, no_cache_stages=("one",)) == image

    def test_all_does_not_take_merged_layers(self, site: Site) -> None:
        text = steps("write a 1", "write b 1")
        merged = site.build(text)
        assert site.start(inside=False, layers="all") is None
        single = site.build(layers="all")
        assert site.scripts() == ["write a 1", "write b 1"]
        assert (len(site.layers(merged)), len(site.layers(single))) == (2, 3)

    def test_auto_takes_single_layers(self, site: Site) -> None:
        site.build(steps("write a 1", "write b 1"), layers="all")
        site.build(steps("write a 1", "write b 2"))
        assert site.scripts() == ["write b 2"]


class TestContentKeys:
    def test_an_equal_result_changes_nothing_downstream(self, site: Site) -> None:
        text = "FROM base AS a\nRUN write a {}\nFROM base\nCOPY --from=a /a /a\nRUN stamp b\n"
        old = site.build(text.format("1"), tags=("x",))
        new = site.build(text.format("1; last 0"), tags=("x",))
        assert site.scripts() == ["write a 1; last 0"]
        assert old == new
        assert site.count("finish") == site.count("create_image") == site.count("tag") == 0

    def test_a_different_result_does(self, site: Site) -> None:
        text = "FROM base AS a\nRUN write a {}\nFROM base\nCOPY --from=a /a /a\nRUN stamp b\n"
        site.build(text.format(1))
        image = site.build(text.format(2))
        assert site.scripts() == ["write a 2", "stamp b"]
        assert site.read(image, "a") == "2"

    def test_only_what_is_copied_counts(self, site: Site) -> None:
        text = "FROM base AS a\nRUN write a 1; write b {}\nFROM base\nCOPY --from=a /a /a\n"
        old = site.build(text.format(1))
        assert site.build(text.format(2)) == old
        assert site.scripts() == ["write a 1; write b 2"]

    def test_of_the_context(self, site: Site) -> None:
        site.write("one", "1")
        site.write("two", "2")
        image = site.build(f"FROM base\nCOPY {MINE} one /one\nRUN write a 1\n")
        site.write("two", "changed")
        assert site.start(inside=False) == image
        site.write("one", "changed")
        assert site.start(inside=False) is None
        assert site.read(site.build(), "one") == "changed"

    def test_of_another_image(self, site: Site) -> None:
        site.backend.add_image("docker.io/library/tools:latest", {}, {"/t": b"t", "/u": b"u"})
        image = site.build("FROM base\nCOPY --from=tools /t /t\n")
        assert len(site.started()) == 2
        assert site.count("finish") == 1
        site.backend.add_image("docker.io/library/tools:latest", {}, {"/t": b"t", "/u": b"new"})
        assert site.build() == image
        assert site.count("finish") == site.count("create_image") == 0

    def test_a_chain_of_stages_that_come_out_different_is_known_afterwards(
        self, site: Site
    ) -> None:
        """Stages that are not committed run again, and may give something else than before."""
        text = (
            "FROM base AS a\nRUN stamp a\nFROM base AS b\nCOPY --from=a /a /b\n"
            "FROM base\nCOPY --from=b /b /c\nRUN write d {}\n"
        )
        site.build(text.format(1), tags=("x",))
        image = site.build(text.format(2), tags=("x",))
        assert site.scripts() == ["stamp a", "write d 2"]
        assert site.read(image, "c") == "1"
        assert site.start(inside=False, tags=("x",)) == image
        assert site.backend.calls == []

    def test_a_stage_is_not_resumed_with_what_an_other_stage_held_before(self, site: Site) -> None:
        """Both readers of a stage that is run again get the same."""
        text = (
            "FROM base AS a\nRUN stamp a\nFROM base AS b\nCOPY --from=a /a /b\nRUN last 5\n"
            "FROM base\nCOPY --from=a /a /a\nCOPY --from=b /b /b\nRUN write d {}\n"
        )
        site.build(text.format(1))
        image = site.build(text.format(2), tags=("x",))
        assert site.read(image, "a") == site.read(image, "b") == "1"
        assert site.start(inside=False, tags=("x",)) == image


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[bool], int, list[int]]:
    """Which lines of a history are empty, how many layers are below, and the groups above."""
    base = draw(st.integers(0, 5))
    groups = draw(st.lists(st.integers(1, 4), max_size=5))
    lines = [False] * (base + sum(groups)) + [True] * draw(st.integers(0, 6))
    return draw(st.permutations(lines)), base, groups


@given(grouped())
def test_as_many_lines_as_layers(case: tuple[list[bool], int, list[int]]) -> None:
    empty, base, groups = case
    history = [HistoryEntry(str(number), empty_layer=each) for number, each in enumerate(empty)]
    lines = layered(history, base, groups)
    assert sum(not line.empty_layer for line in lines) == base + len(groups)
    assert [line.created_by for line in lines] == [line.created_by for line in history]
    for before, after in zip(history, lines, strict=True):
        assert after.empty_layer or not before.empty_layer
    kept = [line.created_by for line in lines if not line.empty_layer]
    whole = [line.created_by for line in history if not line.empty_layer]
    assert kept[:base] == whole[:base]
    assert kept[-1:] == whole[-1:]


SCRIPTS = st.sampled_from(["RUN write a 1", "RUN last 5", "RUN last 0.6", "ENV A=1", "RUN fill 1"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    first=st.lists(SCRIPTS, max_size=5),
    second=st.lists(SCRIPTS, max_size=5),
    policy=st.sampled_from(["auto", "all"]),
)
def test_any_build_tells_of_each_layer_once(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    first: list[str],
    second: list[str],
    policy: str,
) -> None:
    site = Site(tmp_path_factory.mktemp("any") / "site")
    with monkeypatch.context() as patch:
        site.machine.fake(patch)
        text = "\n".join(["FROM base AS a", *first, "FROM a", *second]) + "\n"
        image = site.build(text, layers=policy)
        layers = site.layers(image)
        files = sum(line.startswith("RUN") for line in (*first, *second))
        assert len(layers) == 1 + files if policy == "all" else 1 <= len(layers) <= 1 + files
        assert site.start(inside=False, layers=policy) == image
        assert site.backend.calls == []
        again = site.build(no_cache=True, layers=policy)
        assert site.layers(again) == layers

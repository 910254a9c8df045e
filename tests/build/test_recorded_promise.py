"""What `--layers=auto` promises: after any edit hardly any dear work is repeated.

A cache with a layer for each step would have saved everything in front of the edit. Of that, no
more is repeated than about a second, or half of what keeping it is estimated to take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rootbuild.build.checkpoint import COMMIT_BYTES_PER_SECOND, COMMIT_SECONDS, DEAR_SECONDS
from tests.build.recorded import GIGABYTE, MINE, Machine, Site

GIGABYTE_SECONDS = COMMIT_SECONDS + GIGABYTE / COMMIT_BYTES_PER_SECOND
DEAR = "last 4; fill 1"
"""Not dear enough to be kept at once: keeping a gigabyte is taken to take some eight seconds."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


class TestBeforeStepsThatTakeFiles:
    """These are what changes from build to build."""

    def test_of_the_context(self, site: Site) -> None:
        text = f"FROM base\nRUN {DEAR}\nRUN write a 1\nCOPY {MINE} file /file\nRUN write b 1\n"
        site.write("file", "1")
        site.build(text)
        site.write("file", "2")
        image = site.build(text)
        assert site.scripts() == ["write b 1"]
        assert [site.read(image, name) for name in ("a", "file", "b")] == ["1", "2", "1"]
        assert len(site.layers(image)) == 3

    def test_of_the_context_in_a_mount(self, site: Site) -> None:
        mount = "--mount=type=bind,target=/m,source=folder"
        (site.context / "folder").mkdir()
        site.write("folder/file", "1")
        text = f"FROM base\nRUN {DEAR}\nRUN {mount} write b 1\n"
        site.build(text)
        site.write("folder/file", "2")
        site.build(text)
        assert site.scripts() == ["write b 1"]

    def test_of_another_stage(self, site: Site) -> None:
        text = (
            f"FROM base AS made\nRUN write f {{}}\nFROM base\nRUN {DEAR}\nCOPY --from=made /f /f\n"
        )
        site.build(text.format(1))
        site.build(text.format(2))
        assert site.scripts() == ["write f 2"]

    def test_also_in_a_stage_that_is_no_image(self, site: Site) -> None:
        text = (
            f"FROM base AS made\nRUN {DEAR}\nCOPY {MINE} file /file\n"
            "FROM base\nCOPY --from=made /file /file\n"
        )
        site.write("file", "1")
        site.build(text)
        site.write("file", "2")
        assert site.read(site.build(text), "file") == "2"
        assert site.scripts() == []

    @pytest.mark.parametrize(
        "following",
        ["RUN write b 1", "WORKDIR /w", "COPY --from=base /etc/base /b", "COPY <<f /b\nx\nf"],
    )
    def test_not_before_others(self, site: Site, following: str) -> None:
        step = following.replace("COPY", f"COPY {MINE}")
        assert len(site.layers(site.build(f"FROM base\nRUN {DEAR}\n{step}\n"))) == 2

    def test_not_after_cheap_ones(self, site: Site) -> None:
        site.write("file", "1")
        image = site.build(f"FROM base\nRUN last 0.9\nCOPY {MINE} file /file\n")
        assert len(site.layers(image)) == 2


@dataclass(frozen=True, slots=True)
class Line:
    """A step: how long it takes, how many gigabytes it makes, and which file it copies, if any."""

    number: int
    seconds: float
    filled: int
    copies: bool
    edited: bool = False

    def text(self) -> str:
        if self.copies:
            return f"COPY {MINE} file{self.number} /file{self.number}"
        return f"RUN {self.script()}"

    def script(self) -> str:
        return f"last {self.seconds}; fill {self.filled}; write f{self.number} {int(self.edited)}"


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[Line], int]:
    """A stage, and which of its steps is edited."""
    seconds = st.sampled_from([0.0, 0.2, 0.4, 0.9, 1.1, 3.0, 5.0, 15.0, 25.0])
    filled = st.sampled_from([0, 0, 0, 1])
    kinds = draw(st.lists(st.tuples(seconds, filled, st.booleans()), min_size=1, max_size=7))
    lines = [Line(number, *kind) for number, kind in enumerate(kinds)]
    return lines, draw(st.integers(0, len(lines) - 1))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=edits(), apart=st.booleans())
def test_hardly_any_dear_work_is_repeated(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[list[Line], int],
    apart: bool,
) -> None:
    """With the stage as the target, or as one that is only copied from."""
    lines, edited = case
    site = Site(tmp_path_factory.mktemp("promise") / "site")
    behind = "FROM base\nCOPY --from=made /result /result\n" if apart else ""

    def build(lines: list[Line]) -> None:
        steps = "\n".join(line.text() for line in lines)
        site.build(f"FROM base AS made\n{steps}\nRUN write result {edited}\n{behind}")

    with monkeypatch.context() as patch:
        site.machine.fake(patch)
        for line in lines:
            site.write(f"file{line.number}", "1")
        build(lines)
        site.write(f"file{edited}", "2")
        changed = [*lines[:edited], replace(lines[edited], edited=True), *lines[edited + 1 :]]
        build(changed)
    ran = site.scripts()
    repeated = [line for line in lines[:edited] if not line.copies and line.script() in ran]
    seconds = sum(line.seconds for line in repeated)
    allowed = DEAR_SECONDS
    if not lines[edited].copies:
        allowed = max(allowed, GIGABYTE_SECONDS / 2 * sum(line.filled for line in repeated))
    assert seconds <= allowed + 0.001


COSTS = st.sampled_from([0.0, 0.05, 0.2, 0.4, 0.9, 1.1, 5.0])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seconds=st.lists(COSTS, min_size=2, max_size=8),
    chained=st.booleans(),
    edits=st.lists(st.integers(0, 7), min_size=1, max_size=4),
)
def test_what_stages_leave_is_little_in_all(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    seconds: list[float],
    chained: bool,
    edits: list[int],
) -> None:
    """Stages that are only copied from, side by side or each out of the one before, edited in turn.

    Each takes its own file last, so that its work lies in front of every edit.
    """
    site = Site(tmp_path_factory.mktemp("stages") / "site")
    text = ""
    for number, cost in enumerate(seconds):
        text += f"FROM base AS s{number}\nRUN last {cost}; write w{number} 1\n"
        if chained and number:
            text += f"COPY --from=s{number - 1} /file{number - 1} /before\n"
        text += f"COPY {MINE} file{number} /file{number}\n"
    text += "FROM base\n"
    for number in range(len(seconds)):
        text += f"COPY --from=s{number} /file{number} /file{number}\n"
    with monkeypatch.context() as patch:
        site.machine.fake(patch)
        for number in range(len(seconds)):
            site.write(f"file{number}", "first")
        site.build(text)
        for turn, edit in enumerate(edits):
            edited = edit % len(seconds)
            site.write(f"file{edited}", str(turn))
            image = site.build(text)
            assert site.read(image, f"file{edited}") == str(turn)
            ran = [float(script.split(";")[0].split()[1]) for script in site.scripts()]
            dear = sum(cost for cost in ran if cost > COMMIT_SECONDS)
            assert dear <= DEAR_SECONDS + 0.001

"""--explain: why each step that runs does so."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.progress.plain import PlainReporter
from tests.build.recorded import BASE, MINE, Machine, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def why(site: Site, text: str, **options: object) -> dict[str, list[str]]:
    """The reasons of each step that a build gives, by the step's title."""
    out = io.StringIO()
    site.build(text, reporter=PlainReporter(out), explain=True, **options)
    found: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for line in out.getvalue().splitlines():
        match = re.match(r"(#\d+) (?:\[[^\]]*\] (?P<name>.*)|why: (?P<reason>.*))$", line)
        if match is not None and match["name"]:
            names[match[1]] = match["name"]
        elif match is not None:
            found.setdefault(names[match[1]], []).append(match["reason"])
    return found


NOT_KEPT = "its result was not kept, as it does not take long"


class TestCircumstances:
    def test_a_first_build(self, site: Site) -> None:
        assert why(site, "FROM base\nRUN write a 1\n") == {
            "RUN write a 1": ["no earlier build of this stage is remembered"]
        }

    def test_nothing_is_said_unasked(self, site: Site) -> None:
        out = io.StringIO()
        site.build("FROM base\nRUN write a 1\n", reporter=PlainReporter(out))
        assert "why" not in out.getvalue()

    def test_it_need_not_have_been_asked_for_the_last_time(self, site: Site) -> None:
        site.build("FROM base\nRUN write a 1\n")
        found = why(site, "FROM base\nRUN write a 2\n")
        assert found == {
            "RUN write a 2": ['command was "/bin/sh -c write a 1" and is "/bin/sh -c write a 2"']
        }

    def test_what_was_not_kept(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\nRUN write b {}\n"
        site.build(text.format(1))
        found = why(site, text.format(2))
        assert found["RUN write a 1"] == [NOT_KEPT]
        assert found["RUN write b 2"] == [
            'command was "/bin/sh -c write b 1" and is "/bin/sh -c write b 2"'
        ]

    def test_an_image_that_is_gone(self, site: Site) -> None:
        text = "FROM base\nRUN last 5; write a 1\n"
        site.build(text)
        site.backend.remove([image.id for image in site.backend.images() if not image.names])
        (reasons,) = why(site, text).values()
        assert reasons == ["its result was kept, but is not in the image store any more"]

    def test_layers_of_several_steps(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\nRUN write b 1\n"
        site.build(text)
        found = why(site, text, layers="all")
        assert found["RUN write b 1"] == [
            "its result was kept in one layer with others, and --layers=all wants it alone"
        ]

    def test_no_cache(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\n"
        site.build(text)
        assert why(site, text, no_cache=True) == {"RUN write a 1": ["the cache is not used"]}

    def test_after_a_failure(self, site: Site) -> None:
        """What came to its end is remembered, what failed is not."""
        with pytest.raises(BuildError):
            site.build("FROM base\nRUN write a 1\nRUN exit 3\n")
        found = why(site, "FROM base\nRUN write a 1\nRUN write b 1\n")
        assert found == {"RUN write a 1": [NOT_KEPT], "RUN write b 1": ["the instruction is new"]}


class TestDefinitions:
    def test_variables(self, site: Site) -> None:
        text = "FROM base\nARG V=1\nARG API_TOKEN=one\nENV OLD=x\nRUN write a 1\n"
        site.build(text)
        changed = "FROM base\nARG V=2\nARG API_TOKEN=two\nENV NEW=y\nRUN write a 1\n"
        found = why(site, changed)["RUN write a 1"]
        assert sorted(found) == [
            "variable API_TOKEN has changed",
            'variable NEW is new: "y"',
            'variable OLD is gone: "x"',
            'variable V was "1" and is "2"',
        ]

    def test_a_secret_variable_is_not_kept(self, site: Site) -> None:
        site.build("FROM base\nARG API_TOKEN=hunter2\nRUN write a 1\n")
        for path in (site.root / "cache").iterdir():
            assert b"hunter2" not in path.read_bytes()

    def test_the_user_and_the_folder(self, site: Site) -> None:
        site.build("FROM base\nWORKDIR /a\nRUN write f 1\n")
        found = why(site, "FROM base\nWORKDIR /b\nUSER 0\nRUN write f 1\n")
        assert found["WORKDIR /b"] == ['folder was "/a" and is "/b"']
        assert found["RUN write f 1"] == [
            'working directory was "/a" and is "/b"',
            'user is new: "0"',
            "a step before it has changed: [2/3] WORKDIR /b",
        ]

    def test_a_step_that_was_put_between(self, site: Site) -> None:
        site.build("FROM base\nRUN last 5\nRUN write a 1\nRUN write b 1\n")
        found = why(site, "FROM base\nRUN last 5\nRUN write n 1\nRUN write a 1\nRUN write b 1\n")
        assert found == {
            "RUN write n 1": ["the instruction is new"],
            "RUN write a 1": ["a step before it has changed: [3/5] RUN write n 1"],
            "RUN write b 1": ["a step before it has changed: [3/5] RUN write n 1"],
        }

    def test_long_commands_are_cut(self, site: Site) -> None:
        long = "; ".join(f"write f{n} {n}" for n in range(60))
        site.build(f"FROM base\nRUN {long}; write a 1\n")
        (reasons,) = why(site, f"FROM base\nRUN {long}; write a 2\n").values()
        assert len(reasons) == 1
        assert "... (" in reasons[0]
        assert len(reasons[0]) < 500

    def test_the_nearest_of_several_builds(self, site: Site) -> None:
        """Two variants by turns: each is compared with itself."""
        one = "FROM base\nRUN last 5; write a 1\nRUN write b {}\n"
        two = "FROM base\nRUN last 5; write a 2\nRUN write c {}\n"
        site.build(one.format(1))
        site.build(two.format(1))
        assert why(site, one.format(2)) == {
            "RUN write b 2": ['command was "/bin/sh -c write b 1" and is "/bin/sh -c write b 2"']
        }


class TestFiles:
    TEXT = f"FROM base\nCOPY {MINE} src /src\n"

    def test_which_differ(self, site: Site) -> None:
        (site.context / "src").mkdir()
        for name in ("same", "edited", "gone", "mode"):
            site.write(f"src/{name}", "1")
        site.build(self.TEXT)
        site.write("src/edited", "2")
        site.write("src/added", "1")
        (site.context / "src/gone").unlink()
        (site.context / "src/mode").chmod(0o755)
        (reasons,) = why(site, self.TEXT).values()
        assert reasons == [
            "src/added (the context) is new",
            "src/edited (the context) has changed",
            "src/gone (the context) is gone",
            "src/mode (the context) has another mode or owner: 644, now 755",
        ]

    def test_many(self, site: Site) -> None:
        (site.context / "src").mkdir()
        for number in range(9):
            site.write(f"src/{number}", "1")
        site.build(self.TEXT)
        for number in range(9):
            site.write(f"src/{number}", "2")
        (reasons,) = why(site, self.TEXT).values()
        assert reasons[:5] == [f"src/{number} (the context) has changed" for number in range(5)]
        assert reasons[5:] == ["4 more of the context differ"]

    def test_of_another_stage(self, site: Site) -> None:
        text = (
            "FROM base AS made\nRUN write a {}\nFROM base\nCOPY --from=made /a /a\nRUN write b 1\n"
        )
        site.build(text.format(1))
        found = why(site, text.format(2))
        assert found["COPY --from=made /a /a"] == ["a (the stage made) has changed"]
        assert found["RUN write b 1"] == [
            "a step before it has changed: [stage-1 2/3] COPY --from=made /a /a"
        ]

    def test_names_that_are_no_text(self, site: Site) -> None:
        (site.context / "src").mkdir()
        odd = site.context / "src" / "odd\udcff\n\x1bname"
        odd.write_text("1")
        site.build(self.TEXT)
        odd.write_text("2")
        (reasons,) = why(site, self.TEXT).values()
        assert reasons == [r"src/odd\udcff\n\x1bname (the context) has changed"]

    def test_more_than_is_kept(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rootbuild.files.inventory.MOST_ENTRIES", 3)
        (site.context / "src").mkdir()
        for number in range(5):
            site.write(f"src/{number}", "1")
        site.build(self.TEXT)
        site.write("src/1", "2")
        (reasons,) = why(site, self.TEXT).values()
        assert reasons == ["the context has changed"]


class TestBases:
    def test_another_image_under_the_same_name(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\n"
        site.build(text)
        before = str(site.id_of(BASE))[:12]
        site.backend.add_image(BASE, {}, {"/etc/base": b"newer"})
        after = str(site.id_of(BASE))[:12]
        (reasons,) = why(site, text).values()
        assert reasons == [f"{BASE} was {before} and is {after}"]

    def test_a_stage_that_it_starts_from(self, site: Site) -> None:
        text = "FROM base AS below\nRUN write a {}\nFROM below\nRUN write b 1\n"
        site.build(text.format(1))
        found = why(site, text.format(2))
        assert found["RUN write b 1"] == ["the stage below, from which it starts, has changed"]


def test_projects_do_not_mix(site: Site) -> None:
    site.build("FROM base\nRUN write a 1\n")
    site.write("Other", "FROM base\nRUN write a 2\n")
    found = why(site, "FROM base\nRUN write a 1\n", dockerfile=str(site.context / "Other"))
    assert found == {"RUN write a 2": ["no earlier build of this stage is remembered"]}


def test_a_build_with_nothing_to_do_writes_nothing(site: Site) -> None:
    text = "FROM base\nRUN write a 1\n"
    site.build(text)
    assert why(site, text) == {}  # the first one that is asked why is remembered as a whole
    database = site.root / "cache" / "cache.db"
    before = database.read_bytes()
    assert why(site, text) == {}
    assert database.read_bytes() == before

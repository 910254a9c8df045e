"""Stages at the same time: which wait for which, and what a failure does to the others."""

from __future__ import annotations

import io
import os
import re
import signal
import threading
from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.progress.plain import PlainReporter
from tests.build.recorded import MINE, Machine, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


class TestSideBySide:
    def test_stages_that_do_not_need_each_other(self, site: Site) -> None:
        """Each tells the next one, in a circle: none can end before all have begun."""
        count = 8
        text = "".join(
            f"FROM base AS s{n}\nRUN tell {n}; hear {(n + 1) % count}; write f{n} {n}\n"
            for n in range(count)
        )
        copies = "".join(f"COPY --from=s{n} /f{n} /\n" for n in range(count))
        image = site.build(f"{text}FROM base\n{copies}", jobs=2)
        assert [site.read(image, f"f{n}") for n in range(count)] == [str(n) for n in range(count)]
        assert site.clean()

    def test_the_first_steps_of_a_stage_and_what_it_copies_from(self, site: Site) -> None:
        site.build(
            "FROM base AS a\nRUN hear begun; write a 1\n"
            "FROM base\nRUN tell begun\nCOPY --from=a /a /a\n"
        )

    def test_a_copy_waits_for_just_its_stage(self, site: Site) -> None:
        """What it copies last is not done before it has gone on after the first."""
        site.build(
            "FROM base AS slow\nRUN hear gone-on; write s 1\nFROM base AS fast\nRUN write f 1\n"
            "FROM base\nCOPY --from=fast /f /\nRUN tell gone-on\nCOPY --from=slow /s /\n"
        )

    def test_bases_and_what_is_copied(self, site: Site) -> None:
        site.build(
            "FROM base AS below\nRUN tell below; hear side; write b 1\n"
            "FROM base AS side\nRUN tell side; hear below; write s 1\n"
            "FROM below\nCOPY --from=side /s /\n"
        )

    def test_without_a_cache(self, site: Site) -> None:
        text = (
            "FROM base AS a\nRUN tell a; hear b; write a 1\n"
            "FROM base AS b\nRUN tell b; hear a; write b 1\n"
            "FROM base\nCOPY --from=a /a /\nCOPY --from=b /b /\n"
        )
        site.build(text)
        site.machine.words.clear()
        site.build(text, no_cache=True)
        assert len(site.scripts()) == 2

    def test_long_chains_and_many_stages(self, site: Site) -> None:
        count = 25
        chain = "".join(f"FROM s{n - 1} AS s{n}\nRUN write f{n} {n}\n" for n in range(1, count))
        wide = "".join(f"FROM base AS w{n}\nRUN write f{n} {n}\n" for n in range(count))
        copies = "".join(f"COPY --from=w{n} /f{n} /w{n}\n" for n in range(count))
        text = f"FROM base AS s0\nRUN write f0 0\n{chain}{wide}FROM s{count - 1}\n{copies}"
        image = site.build(text)
        assert site.read(image, "w24") == site.read(image, "f24") == "24"
        assert len(site.scripts()) == 2 * count
        assert site.start(inside=False) == image


class TestOnlyWhatIsNeeded:
    def test_a_known_result_behind_one_that_is_new_but_equal(self, site: Site) -> None:
        """Also the stages that its steps took from are not built, and no container is started."""
        text = (
            "FROM base AS a\nRUN write a {}\nFROM base AS b\nRUN write b 1\n"
            "FROM base\nCOPY --from=a /a /a\nCOPY --from=b /b /b\nRUN write c 1\n"
        )
        site.build(text.format("1"))
        image = site.build(text.format("1; last 0") + "RUN write d 1\n")
        assert site.scripts() == ["write a 1; last 0", "write d 1"]
        assert [site.read(image, name) for name in "abcd"] == ["1"] * 4

    def test_a_new_result_has_the_others_built(self, site: Site) -> None:
        text = (
            "FROM base AS a\nRUN write a {}\nFROM base AS b\nRUN write b 1\n"
            "FROM base\nCOPY --from=a /a /a\nCOPY --from=b /b /b\nRUN write c 1\n"
        )
        site.build(text.format("1"))
        site.build(text.format("2"))
        assert sorted(site.scripts()) == ["write a 2", "write b 1", "write c 1"]

    @pytest.mark.parametrize("order", ["ab", "ba"])
    def test_all_readers_of_a_stage_that_runs_again_get_the_same(
        self, site: Site, order: str
    ) -> None:
        """Whichever comes first: what another stage holds of the old result is not used."""
        copies = "".join(f"COPY --from={name} /{name} /{name}\n" for name in order)
        text = (
            "FROM base AS a\nRUN stamp a\nFROM base AS b\nCOPY --from=a /a /b\nRUN last 5\n"
            f"FROM base\n{copies}RUN write d {{}}\n"
        )
        site.build(text.format(1))
        image = site.build(text.format(2), tags=("x",))
        assert site.read(image, "a") == site.read(image, "b") == "1"
        assert site.start(inside=False, tags=("x",)) == image
        assert site.backend.calls == []

    def test_what_was_not_read_before_is_not_taken_for_what_it_was(self, site: Site) -> None:
        """Both files of a stage change when it runs again, also the one that only b reads."""
        text = (
            "FROM base AS a\nRUN stamp one; stamp two\n"
            "FROM base AS b\nCOPY --from=a /two /two\nRUN last 5\n"
            "FROM base\nCOPY --from=a /one /one\nCOPY --from=b /two /two\nRUN write d {}\n"
        )
        site.build(text.format(1))
        image = site.build(text.format(2))
        assert (site.read(image, "one"), site.read(image, "two")) == ("2", "3")

    def test_an_alias_of_a_stage_that_runs_again(self, site: Site) -> None:
        text = (
            "FROM base AS a\nRUN stamp a\nFROM a AS alias\nENV X=1\n"
            "FROM base\nCOPY --from=alias /a /a\nRUN write d 1\n"
        )
        site.build(text)
        site.backend.remove([image.id for image in site.backend.images() if not image.names])
        assert site.read(site.build(text), "a") == "1"


class TestFailure:
    def test_it_ends_the_others(self, site: Site) -> None:
        out = io.StringIO()
        with pytest.raises(BuildError) as caught:
            site.build(
                "FROM base AS waiting\nRUN tell up; wait\nFROM base AS failing\n"
                "RUN hear up; exit 3\nFROM base AS behind\nCOPY --from=waiting /a /\n"
                "FROM base\nRUN write a 1\nCOPY --from=behind /a /\nCOPY --from=failing /b /\n",
                reporter=PlainReporter(out),
            )
        assert "exit code: 3" in caught.value.report.message
        assert caught.value.report.location is not None
        assert caught.value.report.location.start == 4
        assert len(re.findall("^#[0-9]+ ERROR", out.getvalue(), re.MULTILINE)) == 1
        canceled = r"^#([0-9]+) \[waiting 2/2\] .*\n(?:#\1 [0-9].*\n)*#\1 CANCELED$"
        assert re.search(canceled, out.getvalue(), re.MULTILINE)
        assert site.count("create_image") == site.count("commit") == 0
        assert site.clean()

    def test_nothing_new_is_begun(self, site: Site) -> None:
        with pytest.raises(BuildError):
            site.build(
                "FROM base AS waiting\nRUN tell up; wait\nRUN write a 1\n"
                "FROM base AS failing\nRUN hear up; exit 3\n"
                "FROM base\nCOPY --from=waiting /a /\nCOPY --from=failing /b /\n"
            )
        assert "write a 1" not in site.scripts()

    def test_the_work_that_was_done_is_remembered(self, site: Site) -> None:
        text = (
            "FROM base AS a\nRUN last 5; write a 1\nRUN tell a\n"
            "FROM base AS b\nRUN hear a; exit {}; write b 1\n"
            "FROM base\nCOPY --from=a /a /\nCOPY --from=b /b /\n"
        )
        with pytest.raises(BuildError):
            site.build(text.format(3))
        site.build(text.replace("exit {}; ", ""))
        assert "last 5; write a 1" not in site.scripts()

    def test_a_signal(self, site: Site) -> None:
        """It arrives while the main thread waits for stages."""

        def interrupt() -> None:
            assert site.machine.word("up").wait(20)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            site.build(
                "FROM base AS a\nRUN hear b; tell up; wait\nFROM base AS b\nRUN tell b; wait\n"
                "FROM base\nCOPY --from=a /a /\nCOPY --from=b /b /\n"
            )
        thread.join()
        assert site.count("stop") >= 1
        assert site.clean()
        site.machine.stopped.clear()
        site.build("FROM base\nRUN write a 1\n")

    def test_a_step_that_waits_for_a_cache(self, site: Site) -> None:
        """One that another step of the same build has locked."""
        mount = "--mount=type=cache,target=/c,sharing=locked"
        with pytest.raises(BuildError) as caught:
            site.build(
                f"FROM base AS a\nRUN {mount} tell up; hear b; wait\n"
                f"FROM base AS b\nRUN hear up; tell b\nRUN {mount} write never 1\n"
                "FROM base AS c\nRUN hear b; exit 3\n"
                "FROM base\nCOPY --from=a /a /\nCOPY --from=b /b /\nCOPY --from=c /c /\n"
            )
        assert "exit code: 3" in caught.value.report.message
        assert "write never 1" not in site.scripts()
        assert site.clean()


def test_a_context_is_looked_at_once_for_all(site: Site) -> None:
    site.write("file", "x")
    text = "".join(f"FROM base AS s{n}\nCOPY {MINE} file /f\nRUN write n {n}\n" for n in range(6))
    copies = "".join(f"COPY --from=s{n} /f /f{n}\n" for n in range(6))
    image = site.build(f"{text}FROM base\n{copies}")
    assert [site.read(image, f"f{n}") for n in range(6)] == ["x"] * 6
    assert site.start(inside=False) == image

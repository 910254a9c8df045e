"""Which operations a build does, and which it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.errors import (
    BuildError,
    DockerfileError,
    EngineError,
    HostError,
    ImageNotFoundError,
    RootbuildError,
)
from tests.build.recorded import BASE, MINE, Machine, Site

ONE = "FROM base\nRUN write a 1\n"
NAME = "docker.io/library/x:latest"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def test_a_first_build(site: Site) -> None:
    image = site.build(ONE, tags=("x", "y:1"))
    assert site.backend.verbs() == ["session", "start", "mount", "run", "finish", "end"]
    assert site.id_of(NAME) == site.id_of("docker.io/library/y:1") == image
    assert site.clean()


def test_names_of_an_image_that_needs_no_container(site: Site) -> None:
    image = site.build("FROM base\nCMD x\n", tags=("x", "y:1"))
    assert site.backend.verbs() == ["session", "create_image"]
    assert site.id_of(NAME) == site.id_of("docker.io/library/y:1") == image


def test_outside_nothing_is_done(site: Site) -> None:
    assert site.start(ONE, inside=False, tags=("x",)) is None
    assert site.backend.calls == []
    assert not site.journals.exists()


@pytest.mark.parametrize("inside", [True, False])
def test_nothing_to_do_calls_nothing(site: Site, inside: bool) -> None:
    text = (
        f"FROM base AS a\nCOPY {MINE} file /file\nRUN write a 1\n"
        "FROM a AS b\nRUN write b 1\nFROM base\nCOPY --from=b /a /b /\nCMD x\n"
    )
    site.write("file", "x")
    image = site.build(text, tags=("x",))
    assert site.start(inside=inside, tags=("x",)) == image
    assert site.backend.calls == []


def test_only_missing_names_are_given(site: Site) -> None:
    image = site.build(ONE, tags=("x",))
    assert site.start(inside=False, tags=("x", "y:1", "docker.io/library/y:1")) == image
    assert site.backend.verbs() == ["tag"]
    assert site.tagged() == ["docker.io/library/y:1"]


def test_a_name_moves_to_the_new_image(site: Site) -> None:
    old = site.build(ONE, tags=("x",))
    new = site.build("FROM base\nRUN write a 2\n", tags=("x",))
    assert old != new
    assert site.id_of(NAME) == new


def test_an_invalid_tag_stops_before_anything(site: Site) -> None:
    with pytest.raises(RootbuildError) as caught:
        site.build(ONE, tags=("good", "BAD"))
    assert caught.value.id == "invalid-reference"
    assert site.backend.calls == []


def test_metadata_needs_no_container(site: Site) -> None:
    image = site.build("FROM base\nENV A=1\nCMD x\n")
    assert site.backend.verbs() == ["session", "create_image"]
    other = site.build("FROM base\nENV A=1\nCMD y\n")
    assert site.backend.verbs() == ["session", "create_image"]
    assert image != other
    assert site.layers(image) == site.layers(other)


def test_a_change_of_metadata_runs_nothing(site: Site) -> None:
    site.build(f"{ONE}CMD x\n")
    site.build(f"{ONE}CMD y\n")
    assert site.backend.verbs() == ["session", "create_image"]


def test_scratch_alone(site: Site) -> None:
    image = site.build("FROM scratch\nENV A=1\n")
    assert site.backend.verbs() == ["session", "create_image"]
    assert site.layers(image) == []


def test_onto_scratch(site: Site) -> None:
    image = site.build("FROM base AS a\nRUN write a 1\nFROM scratch\nCOPY --from=a /a /b\n")
    assert len(site.layers(image)) == 1
    assert site.started() == [site.id_of(BASE), None]
    assert site.read(image, "b") == "1"


def test_an_unneeded_stage_is_not_touched(site: Site) -> None:
    site.build(
        "FROM nowhere AS unneeded\nRUN write a 1\n"
        "FROM base AS side\nRUN write side 1\nCOPY --from=nowhere/else /a /a\n"
        "FROM base\nRUN write b 1\n"
    )
    assert site.scripts() == ["write b 1"]
    assert len(site.started()) == 1
    assert site.count("pull") == 0


def test_after_the_target_nothing_is_built(site: Site) -> None:
    text = "FROM base AS one\nRUN write a 1\nFROM one AS two\nRUN write b 1\n"
    site.build(text, target="one")
    assert site.scripts() == ["write a 1"]
    site.build(text)
    assert site.scripts() == ["write b 1"]


def test_a_missing_base_is_pulled_inside_only(site: Site) -> None:
    remote = "docker.io/library/remote:latest"
    site.backend.remote[remote] = b'{"config":{"Env":["FROM_REMOTE=1"]}}'
    assert site.start("FROM remote\nRUN write a 1\n", inside=False) is None
    assert site.backend.calls == []
    image = site.build()
    assert [c.arguments[0] for c in site.backend.calls if c.verb == "pull"] == [remote]
    assert "FROM_REMOTE=1" in site.config(image)["config"]["Env"]
    assert site.start(inside=False) == image
    assert site.backend.calls == []


def test_pull_always_pulls_and_then_knows_everything(site: Site) -> None:
    remote = "docker.io/library/remote:latest"
    site.backend.remote[remote] = b"{}"
    image = site.build("FROM remote\nRUN write a 1\n", pull="always", tags=("x",))
    assert site.start(inside=False, pull="always", tags=("x",)) is None
    assert site.build(pull="always", tags=("x",)) == image
    assert site.backend.verbs() == ["session", "pull"]


def test_a_new_base_behind_the_same_name_builds_again(site: Site) -> None:
    old = site.build(ONE)
    site.backend.add_image(BASE, {}, {"/etc/base": b"newer"})
    new = site.build()
    assert site.scripts() == ["write a 1"]
    assert site.layers(old)[0] != site.layers(new)[0]


def test_an_image_that_is_nowhere(site: Site) -> None:
    with pytest.raises(ImageNotFoundError) as caught:
        site.build("FROM base AS a\nRUN write a 1\nFROM a\nCOPY --from=no/where /a /a\n")
    location = caught.value.report.location
    assert location is not None
    assert location.start == 4
    assert site.scripts() == []
    assert site.clean()


@pytest.mark.parametrize("code", [1, 127, 255])
def test_a_failing_run(site: Site, code: int, tmp_path: Path) -> None:
    iidfile = tmp_path / "iid"
    old = site.build(ONE, tags=("x",), iidfile=iidfile)
    assert iidfile.read_text() == f"sha256:{old}"
    text = f"FROM base\nRUN write b 1\nRUN exit {code}\nRUN write c 1\n"
    with pytest.raises(BuildError) as caught:
        site.build(text, tags=("x", "y"), iidfile=iidfile)
    assert caught.value.id == "run-failed"
    assert f"exit code: {code}" in caught.value.report.message
    assert caught.value.report.detail == f"exit {code}"
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 3
    assert site.backend.verbs() == ["session", "start", "mount", "run", "run", "end"]
    assert site.clean()
    assert site.id_of(NAME) == old
    assert not iidfile.exists()


ERRORS = [EngineError("no", command="x", output="said"), KeyboardInterrupt(), MemoryError()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "verb", ["session", "start", "mount", "run", "commit", "finish", "create_image"]
)
def test_whatever_fails_leaves_nothing(site: Site, verb: str, error: BaseException) -> None:
    """No container, no journal, no name; and the next build comes to its end."""
    old = site.build("FROM base\nCMD x\n", tags=("x",))
    last = "write b 1; last 5" if verb == "create_image" else "write b 1"
    text = f"FROM base AS a\nRUN write a 1\nFROM a\nRUN {last}\n"
    site.backend.fail_on(verb, error)
    with pytest.raises(type(error)):
        site.build(text, tags=("x",))
    assert site.clean()
    assert site.id_of(NAME) == old
    site.backend._failures.clear()
    new = site.build(tags=("x",))
    assert site.id_of(NAME) == new
    assert site.read(new, "a") + site.read(new, "b") == "11"


def test_a_name_that_cannot_be_given(site: Site) -> None:
    old = site.build("FROM base\nCMD x\n", tags=("x",))
    site.build(ONE)
    site.backend.fail_on("tag", ERRORS[0])
    with pytest.raises(EngineError):
        site.start(inside=False, tags=("x",))
    assert site.id_of(NAME) == old


def test_a_failure_in_another_stage_ends_all_containers(site: Site) -> None:
    with pytest.raises(BuildError):
        site.build(
            "FROM base AS a\nRUN write a 1\n"
            "FROM base AS b\nCOPY --from=a /a /a\nRUN exit 3\n"
            "FROM base\nRUN write c 1\nCOPY --from=b /a /a\n"
        )
    assert site.count("end") == site.count("start") >= 2
    assert site.count("create_image") == 0
    assert site.clean()


def test_a_missing_file_of_the_context(site: Site) -> None:
    with pytest.raises(RootbuildError) as caught:
        site.build("FROM base\nRUN write a 1\nCOPY nothing /\n")
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 3
    assert site.scripts() == []


class TestIidfile:
    def test_written_also_when_all_is_known(self, site: Site, tmp_path: Path) -> None:
        image = site.build(ONE)
        path = tmp_path / "iid"
        path.write_text("stale")
        assert site.start(inside=False, iidfile=path) == image
        assert path.read_text() == f"sha256:{image}"
        assert site.backend.calls == []

    def test_a_stale_one_goes_before_the_build(self, site: Site, tmp_path: Path) -> None:
        path = tmp_path / "iid"
        path.write_text("stale")
        assert site.start(ONE, inside=False, iidfile=path) is None
        assert not path.exists()

    def test_replaced_as_a_whole(self, site: Site, tmp_path: Path) -> None:
        """What a link of that name leads to is not written through, and nothing is left beside."""
        folder = tmp_path / "ids"
        folder.mkdir()
        (tmp_path / "other").write_text("kept")
        (folder / "iid").symlink_to(tmp_path / "other")
        site.build(ONE, iidfile=folder / "iid")
        assert (tmp_path / "other").read_text() == "kept"
        assert [path.name for path in folder.iterdir()] == ["iid"]

    @pytest.mark.parametrize("kind", ["no folder", "a file as folder", "a folder as file"])
    def test_it_cannot_be_written(self, site: Site, tmp_path: Path, kind: str) -> None:
        (tmp_path / "file").write_text("x")
        (tmp_path / "folder").mkdir()
        paths = {
            "no folder": "no/iid",
            "a file as folder": "file/iid",
            "a folder as file": "folder",
        }
        with pytest.raises(HostError) as caught:
            site.build(ONE, iidfile=tmp_path / paths[kind])
        assert caught.value.id == "iidfile"
        assert (tmp_path / "file").read_text() == "x"
        assert (tmp_path / "folder").is_dir()


@pytest.mark.parametrize(
    ("line", "name", "why"),
    [
        ("FROM Bad:ref:x", "Bad:ref:x", "invalid reference format"),
        ("FROM base\nCOPY --from=Up / /", "Up", "repository name (library/Up) must be lowercase"),
        ("FROM base\nRUN --mount=from=a:b:c,target=/x true", "a:b:c", "invalid reference format"),
    ],
)
def test_a_name_that_no_image_can_have(site: Site, line: str, name: str, why: str) -> None:
    for options in ({}, {"pull": "always"}):
        with pytest.raises(DockerfileError) as caught:
            site.build(line, **options)
        assert str(caught.value).startswith(f'failed to parse stage name "{name}": ')
        assert why in str(caught.value)
        assert (caught.value.id, caught.value.exit_code) == ("invalid-reference", 1)
        assert site.count("pull") == 0


def test_a_run_of_nothing(site: Site) -> None:
    with pytest.raises(BuildError, match='process "" did not complete successfully'):
        site.build("FROM base\nRUN []\n")
    assert site.count("run") == 0


@pytest.mark.parametrize(
    ("file", "option"),
    [
        ("Dockerfile", None),
        ("dockerfile", None),
        ("other", "other"),
        ("sub/Dockerfile", "sub/Dockerfile"),
        ("sub/dockerfile", "sub/Dockerfile"),
    ],
)
def test_which_file_is_read(site: Site, file: str, option: str | None) -> None:
    (site.context / "sub").mkdir()
    site.write(file, ONE)
    site.build(dockerfile=option and str(site.context / option))
    assert site.scripts() == ["write a 1"]


def test_a_link_out_of_the_context_is_a_dockerfile(site: Site) -> None:
    (site.root / "elsewhere").write_text(ONE)
    (site.context / "Dockerfile").symlink_to("../elsewhere")
    site.build()
    assert site.scripts() == ["write a 1"]


def test_other_names_are_not_guessed(site: Site) -> None:
    site.write("dockerfile", ONE)
    with pytest.raises(RootbuildError) as caught:
        site.build(dockerfile=str(site.context / "DOCKERFILE"))
    assert caught.value.id == "dockerfile-missing"

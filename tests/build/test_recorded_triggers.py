"""ONBUILD in whole builds: what triggers bring in is looked for, pulled, built and remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rootbuild.build.names import title
from rootbuild.build.triggers import Bases, Images, settle
from rootbuild.dockerfile.parse import parse
from rootbuild.errors import BuildError, DockerfileError, ImageNotFoundError, Location
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.graph.triggers import Triggers
from rootbuild.image.config import ImageConfig
from rootbuild.image.platform import Platform
from rootbuild.plan.plan import BaseImage, plan_build
from rootbuild.plan.planner import PlanOptions
from tests.build.recorded import MINE, Machine, Site

AMD64 = Platform("linux", "amd64")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def library(name: str) -> str:
    return f"docker.io/library/{name}:latest"


def with_triggers(site: Site, name: str, *triggers: str) -> None:
    """Put an image with triggers into the store."""
    site.backend.add_image(library(name), {"config": {"OnBuild": triggers}}, {f"/{name}": b"1"})


def remote(site: Site, name: str, *triggers: str) -> None:
    """Put an image with triggers where it can be pulled from."""
    config = {"config": {"OnBuild": triggers, "Labels": {"name": name}}}
    site.backend.remote[library(name)] = json.dumps(config).encode()


def pulled(site: Site) -> list[object]:
    return [call.arguments[0] for call in site.backend.calls if call.verb == "pull"]


def test_an_image_keeps_its_triggers_and_starts_nothing_by_them(site: Site) -> None:
    image = site.build("FROM base\nRUN write a 1\nONBUILD RUN exit 1\nONBUILD COPY <<E /x\ny\nE\n")
    assert site.config(image)["config"]["OnBuild"] == ["RUN exit 1", "COPY <<E /x\ny\nE"]
    assert site.scripts() == ["write a 1"]
    assert "ONBUILD" not in json.dumps(site.config(image)["history"])


def test_a_changed_trigger_is_another_image_and_runs_nothing(site: Site) -> None:
    one = site.build("FROM base\nRUN write a 1\nONBUILD RUN x\n")
    two = site.build("FROM base\nRUN write a 1\nONBUILD RUN y\n")
    assert one != two
    assert site.backend.verbs() == ["session", "create_image"]


def test_a_stage_that_only_a_trigger_needs_is_built(site: Site) -> None:
    with_triggers(site, "trigger", "COPY --from=tools /tool /copied", "RUN write b 1")
    image = site.build(
        "FROM base AS other\nRUN exit 1\nFROM base AS tools\nRUN write tool 1\n"
        "FROM trigger\nRUN write c 1\n",
        tags=("x",),
    )
    assert site.scripts() == ["write tool 1", "write b 1", "write c 1"]
    assert [site.read(image, name) for name in ("copied", "b", "c")] == ["1", "1", "1"]
    assert "OnBuild" not in site.config(image)["config"]
    history = [line.get("created_by") for line in site.config(image)["history"]]
    assert history[-3:] == [
        "COPY /tool /copied # buildkit",
        "RUN /bin/sh -c write b 1 # buildkit",
        "RUN /bin/sh -c write c 1 # buildkit",
    ]
    assert site.start(inside=False, tags=("x",)) == image
    assert site.backend.calls == []
    assert site.clean()


def test_triggers_run_once_however_many_stages_go_on(site: Site) -> None:
    with_triggers(site, "trigger", "RUN stamp t")
    image = site.build("FROM trigger AS a\nFROM a AS b\nRUN write b 1\nFROM b\nRUN write c 1\n")
    assert site.scripts() == ["stamp t", "write b 1", "write c 1"]
    assert site.read(image, "t") == "0"


def test_a_trigger_s_step_is_the_written_one_s(site: Site) -> None:
    """The same on the same image: nothing is run again."""
    site.build("FROM base AS a\nONBUILD RUN last 5; write a 1\nFROM a\n")
    assert site.scripts() == ["last 5; write a 1"]
    site.build("FROM base\nRUN last 5; write a 1\nRUN write b 1\n")
    assert site.scripts() == ["write b 1"]


def test_a_changed_argument_of_a_trigger(site: Site) -> None:
    with_triggers(site, "trigger", "ARG V", "RUN write a 1")
    site.build("FROM trigger\n", build_args={"V": "1"})
    assert site.start(inside=False, build_args={"V": "2"}) is None
    site.build(build_args={"V": "2"})
    assert site.scripts() == ["write a 1"]


def test_files_of_the_context_are_those_of_this_build(site: Site) -> None:
    with_triggers(site, "trigger", f"COPY {MINE} file /file")
    site.write("file", "1")
    image = site.build("FROM trigger\n")
    assert site.read(image, "file") == "1"
    site.write("file", "2")
    assert site.start(inside=False) is None
    assert site.read(site.build(), "file") == "2"


def test_images_that_triggers_name_are_pulled(site: Site) -> None:
    remote(site, "unneeded")
    remote(site, "files")
    remote(site, "tools", "RUN --mount=from=mounted,target=/m write t 1")
    remote(site, "mounted", "RUN exit 1")
    remote(site, "trigger", "COPY --from=files / /f", "COPY --from=tools /t /copied")
    text = "FROM unneeded AS other\nFROM tools AS tools\nFROM trigger\n"
    assert site.start(text, inside=False) is None
    assert site.backend.calls == []
    image = site.build()
    assert pulled(site) == [library(name) for name in ("trigger", "tools", "files", "mounted")]
    assert site.scripts() == ["write t 1"]
    assert site.read(image, "copied") == "1"
    assert site.start(inside=False) == image
    assert site.backend.calls == []


def test_pull_always_pulls_each_once(site: Site) -> None:
    remote(site, "trigger", "COPY --from=files / /f")
    remote(site, "files")
    image = site.build("FROM trigger\n", pull="always")
    assert pulled(site) == [library("trigger"), library("files")]
    assert site.build(pull="always") == image
    assert pulled(site) == [library("trigger"), library("files")]


def test_new_triggers_behind_the_same_name(site: Site) -> None:
    with_triggers(site, "trigger", "RUN write a 1")
    site.build("FROM trigger\n")
    with_triggers(site, "trigger", "RUN write a 2")
    assert site.start(inside=False) is None
    assert site.read(site.build(), "a") == "2"


@pytest.mark.parametrize(
    ("trigger", "error", "message"),
    [
        ("RUN exit 3", BuildError, "exit code: 3"),
        ("COPY --from=nowhere a b", ImageNotFoundError, "nowhere:latest is nowhere"),
        ("COPY missing /", Exception, "not found"),
        ("FROM x", DockerfileError, "FROM isn't allowed as an ONBUILD trigger"),
        ("COPY --from=later a b", DockerfileError, 'cannot copy from stage "later"'),
    ],
)
def test_failures_are_located_at_the_from_and_name_the_trigger(
    site: Site, trigger: str, error: type[BaseException], message: str
) -> None:
    with_triggers(site, "trigger", "ENV A=1", trigger)
    text = "FROM base AS first\nFROM trigger AS it\nRUN write a 1\nFROM base AS later\n"
    with pytest.raises(error, match=message) as caught:
        site.build(text, target="it")
    report = getattr(caught.value, "report")  # noqa: B009 - every error of ours has one
    assert report.location == Location("Dockerfile", 2, 2, trigger)
    assert report.excerpt is not None
    assert site.clean() if site.journals.exists() else True


def graph_of(text: str, **triggers: tuple[str, ...]) -> StageGraph:
    known: Triggers = {ImageBase(name): found for name, found in triggers.items()}
    return resolve(
        parse(text.encode()), build_args={}, build=AMD64, target_platform=AMD64, triggers=known
    )


def test_progress_tells_what_was_triggered() -> None:
    found = graph_of("FROM x\nRUN own\nWORKDIR /w", x=("RUN one", "ENV A=1", "copy a b"))
    image = BaseImage("docker.io/library/x:latest", "id", ImageConfig())
    plan = plan_build(found, {ImageBase("x"): image}, PlanOptions())
    stage = plan.stages[0]
    assert [title(plan, stage, position) for position in (None, 0, 1, 2, 3)] == [
        "[1/5] FROM docker.io/library/x:latest",
        "[2/5] ONBUILD RUN one",
        "[3/5] ONBUILD COPY a b",
        "[4/5] RUN own",
        "[5/5] WORKDIR /w",
    ]


class TestSettling:
    TEXT = "FROM x AS c\nFROM y AS b\nFROM z\n"
    TRIGGERS = ImageConfig(onbuild=("COPY --from=b / /",)), ImageConfig(onbuild=("RUN q",))

    def settled(self, configs: dict[str, ImageConfig]) -> tuple[Bases, list[list[str]]]:
        """With the images at hand; also what was looked for each time."""
        asked: list[list[str]] = []

        def look(graph: StageGraph, known: Images) -> Images:
            names = [image.reference for image, _ in graph.images() if image not in known]
            asked.append(names)
            return {
                ImageBase(name): BaseImage(name, "id", configs[name])
                for name in names
                if name in configs
            }

        first = graph_of(self.TEXT)
        return settle(
            first,
            lambda triggers: resolve(
                first.dockerfile,
                build_args={},
                build=AMD64,
                target_platform=AMD64,
                triggers=triggers,
            ),
            look,
        ), asked

    def test_without_triggers_it_looks_once(self) -> None:
        bases, asked = self.settled({"z": ImageConfig()})
        assert bases.complete
        assert asked == [["z"]]

    def test_until_there_are_no_more(self) -> None:
        one, two = self.TRIGGERS
        configs = {"z": one, "y": replace(one, onbuild=("COPY --from=c / /",)), "x": two}
        bases, asked = self.settled(configs)
        assert bases.complete
        assert asked == [["z"], ["y"], ["x"], []]
        assert [stage.name for stage in bases.graph.needed()] == ["c", "b", "stage-2"]
        assert [stage.instructions[0].text for stage in bases.graph.stages] == [
            "RUN q",
            "COPY --from=c / /",
            "COPY --from=b / /",
        ]

    def test_what_is_not_there_leaves_it_incomplete(self) -> None:
        bases, asked = self.settled({"z": self.TRIGGERS[0]})
        assert not bases.complete
        assert list(bases.images) == [ImageBase("z")]
        assert asked == [["z"], ["y"]]

"""ONBUILD: what an image keeps, and what replayed triggers make of those based on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError, Location
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase
from rootbuild.image.config import HistoryEntry, ImageConfig
from rootbuild.image.platform import Platform
from rootbuild.plan.plan import BaseImage, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.plan.steps import StagePlan

AMD64 = Platform("linux", "amd64")
BASE = ImageConfig(
    env=(("PATH", "/bin"), ("NAME", "base")),
    cmd=("base-cmd",),
    entrypoint=("base-entry",),
    history=(HistoryEntry("base layer", False),),
    diff_ids=("sha256:1",),
)
INSTRUCTIONS = (
    "ARG V=1 W",
    "ENV A=$NAME B='x y'",
    "RUN echo $A",
    "RUN <<E\necho $A\nE",
    "WORKDIR sub/$NAME",
    "COPY --chown=$V $A b/",
    "COPY <<E <<'F' /d/\n$A\nE\n$A\nF",
    "ADD a b",
    "COPY --from=tools a b",
    "RUN --mount=type=cache,target=/c/$NAME --mount=from=tools,target=/t x",
    'SHELL ["/bin/sh", "-e", "-c"]',
    "CMD run",
    'ENTRYPOINT ["entry"]',
    "EXPOSE 80",
    "VOLUME /v",
    "USER u:g",
    "LABEL l=$A",
    "STOPSIGNAL 9",
    "HEALTHCHECK --retries=2 CMD x",
)


def last(text: str, *triggers: str, **args: str) -> StagePlan:
    """The plan of the last stage, based on an image with triggers."""
    base = ImageBase("base")
    graph = resolve(
        parse(text.encode()),
        build_args=args,
        build=AMD64,
        target_platform=AMD64,
        triggers={base: triggers},
    )
    configs = {base: replace(BASE, onbuild=triggers)}
    images = {
        image: BaseImage(image.reference, "id", configs.get(image, BASE))
        for image, _ in graph.images()
    }
    return plan_build(graph, images, PlanOptions(build_args=args)).stages[-1]


def test_triggers_are_kept_as_they_are_written() -> None:
    stage = last(
        "FROM base\nONBUILD RUN --mount=type=cache,target=$C  a \\\n  b\n"
        "onbuild copy <<E /x\n$A\nE\nONBUILD ENV X=$NAME\n"
    )
    assert stage.config.onbuild == (
        "RUN --mount=type=cache,target=$C  a   b",
        "copy <<E /x\n$A\nE",
        "ENV X=$NAME",
    )
    assert stage.config.history == BASE.history
    assert stage.steps == ()


def test_those_of_a_base_are_gone_when_they_were_replayed() -> None:
    assert last("FROM base", "ENV A=1").config.onbuild == ()
    assert last("FROM base\nONBUILD ENV B=1", "ENV A=1").config.onbuild == ("ENV B=1",)
    text = "FROM base AS a\nONBUILD ENV B=1\nFROM a"
    assert last(text, "ENV A=1").config.onbuild == ()


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_a_trigger_is_planned_as_if_it_were_written(instruction: str) -> None:
    text = "FROM x AS tools\nFROM base\n{}ENV LAST=1\n"
    written = last(text.format(f"{instruction}\n"))
    triggered = last(text.format(""), instruction)
    assert triggered.config == written.config
    assert [step.definition for step in triggered.steps] == [
        step.definition for step in written.steps
    ]
    assert [step.title for step in triggered.steps] == [step.title for step in written.steps]
    assert all(step.location.trigger for step in triggered.steps)


def test_all_of_them_together() -> None:
    written = last("FROM x AS tools\nFROM base\n" + "\n".join(INSTRUCTIONS))
    assert last("FROM x AS tools\nFROM base\n", *INSTRUCTIONS).config == written.config
    stage = "FROM x AS tools\nFROM base AS b\n" + "\n".join(f"ONBUILD {i}" for i in INSTRUCTIONS)
    assert last(f"{stage}\nFROM b").config == written.config


def test_words_are_expanded_where_they_are_replayed() -> None:
    stage = last(
        "ARG V=global\nFROM base\nARG V=late\nENV V=$V$A", "ARG V", "ENV A=$V-$NAME", V="given"
    )
    assert dict(stage.config.env)["A"] == "given-base"
    stage = last("# escape=`\nFROM base", "ENV A=`$V B=\\$NAME")
    assert dict(stage.config.env)["A"] == "$V"
    assert dict(stage.config.env)["B"] == "\\base"


def test_a_trigger_s_cmd_is_the_stage_s_own() -> None:
    """ENTRYPOINT drops only a CMD that came with the base."""
    assert last('FROM base\nENTRYPOINT ["e"]', 'CMD ["c"]').config.cmd == ("c",)
    assert last("FROM base", 'ENTRYPOINT ["e"]').config.cmd is None


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ("STOPSIGNAL SIGNOPE", "invalid signal: SIGNOPE"),
        ("WORKDIR ${A:?is needed}", "A: is needed"),
        ("COPY http://x/y /", "source can't be a URL for COPY"),
        ("RUN --security=insecure x", "entitlement security.insecure is not allowed"),
    ],
)
def test_errors_are_located_at_the_from(trigger: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message) as caught:
        last("# first\nFROM base\nRUN x", "RUN fine", trigger)
    assert caught.value.report.location == Location("Dockerfile", 2, 2, trigger)
    assert caught.value.report.excerpt is not None


def test_what_is_not_allowed_is_refused_where_it_is_replayed() -> None:
    text = "FROM base AS a\nONBUILD RUN --security=insecure x\n"
    assert last(text).config.onbuild == ("RUN --security=insecure x",)
    with pytest.raises(DockerfileError, match="is not allowed"):
        last(f"{text}FROM a")

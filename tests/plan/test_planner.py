from __future__ import annotations

import pytest

from rootbuild.dockerfile.parse import parse
from rootbuild.errors import BuildError, ContextError, DockerfileError
from rootbuild.files.inline import InlineFile
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase
from rootbuild.image.config import HealthProbe, HistoryEntry, ImageConfig
from rootbuild.image.platform import Platform
from rootbuild.plan.plan import BaseImage, Plan, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.plan.steps import CopyStep, RunStep, StagePlan, WorkdirStep

AMD64 = Platform("linux", "amd64")
PATH = ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
BASE = ImageConfig(
    env=(PATH, ("INHERITED", "yes")),
    cmd=("base-cmd",),
    entrypoint=("base-entry",),
    labels=(("from", "base"),),
    diff_ids=("sha256:1",),
    history=(HistoryEntry("base layer", False),),
)


def plan(
    text: str,
    base: ImageConfig = BASE,
    *,
    args: dict[str, str] | None = None,
    labels: tuple[tuple[str, str], ...] = (),
) -> Plan:
    build_args = args or {}
    graph = resolve(parse(text.encode()), build_args=build_args, build=AMD64, target_platform=AMD64)
    images = {image: BaseImage(image.reference, "id", base) for image, _ in graph.images()}
    return plan_build(graph, images, PlanOptions(build_args=build_args, labels=labels))


def last(text: str, base: ImageConfig = BASE, **args: str) -> StagePlan:
    return plan(text, base, args=args).stages[-1]


def history(text: str, base: ImageConfig = BASE, **args: str) -> list[str]:
    plan_ = last(text, base, **args)
    return [entry.created_by for entry in plan_.config.history]


def run_step(text: str, **args: str) -> RunStep:
    step = last(text, BASE, **args).steps[-1]
    assert isinstance(step, RunStep)
    return step


def test_metadata_makes_no_step() -> None:
    stage = last(
        'FROM x\nENV a=b\nLABEL l=m\nCMD c\nENTRYPOINT ["e"]\nEXPOSE 80\nUSER u\nVOLUME /v\n'
        'SHELL ["bash", "-c"]\nSTOPSIGNAL 9\nHEALTHCHECK NONE\nMAINTAINER me\nARG q=1\nWORKDIR /'
    )
    assert stage.steps == ()
    config = stage.config
    assert config.env == (*BASE.env, ("a", "b"))
    assert config.labels == (("from", "base"), ("l", "m"))
    assert config.cmd == ("/bin/sh", "-c", "c")
    assert config.entrypoint == ("e",)
    assert config.exposed_ports == ("80/tcp",)
    assert config.user == "u"
    assert config.volumes == ("/v",)
    assert config.shell == ("bash", "-c")
    assert config.stop_signal == "9"
    assert config.healthcheck == HealthProbe(("NONE",))
    assert config.author == "me"
    assert config.working_dir == "/"


def test_history_is_buildkit_s() -> None:
    assert history(
        "FROM x\nARG V=1 W\nENV a=b c='d e'\nRUN echo $V\nWORKDIR /foo\nWORKDIR /\n"
        'COPY --chown=1 foo2 foo3\nEXPOSE 2375 80/udp\nCMD x\nLABEL l="m n"\nUSER u\n'
        'VOLUME /v /w\nSTOPSIGNAL TERM\nSHELL ["bash", "-c"]\nENTRYPOINT ["e", "f"]\n'
        "HEALTHCHECK --interval=30s CMD ok\nMAINTAINER me"
    ) == [
        "base layer",
        "ARG V=1 W",
        "ENV a=b c=d e",
        "RUN |2 V=1 W= /bin/sh -c echo $V # buildkit",
        "WORKDIR /foo",
        "WORKDIR /",
        "COPY --chown=1 foo2 foo3 # buildkit",
        "EXPOSE [2375/tcp 80/udp]",
        'CMD ["/bin/sh" "-c" "x"]',
        "LABEL l=m n",
        "USER u",
        "VOLUME [/v /w]",
        "STOPSIGNAL TERM",
        "SHELL [bash -c]",
        'ENTRYPOINT ["e" "f"]',
        "HEALTHCHECK {Test:[CMD-SHELL ok] Interval:30s Timeout:0s StartPeriod:0s "
        "StartInterval:0s Retries:0}",
        "MAINTAINER me",
    ]


def test_exactly_the_steps_have_layers() -> None:
    config = last("FROM x\nRUN a\nENV b=c\nWORKDIR /d\nWORKDIR /\nCOPY e f").config
    assert [entry.empty_layer for entry in config.history] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
    assert {entry.comment for entry in config.history[1:]} == {"buildkit.dockerfile.v0"}


def test_a_base_without_history_gets_a_line_for_each_layer() -> None:
    bare = ImageConfig(diff_ids=("sha256:1", "sha256:2"))
    config = last("FROM x\nRUN a", bare).config
    assert [entry.empty_layer for entry in config.history] == [False] * 3


@pytest.mark.parametrize(
    ("body", "env"),
    [
        ("", {}),
        ("ENV A=1", {"A": "1"}),
        ("ENV A=1\nENV A=2", {"A": "2"}),
        ("ENV A=1\nENV B=$A$A", {"A": "1", "B": "11"}),
        ("ENV A=1\nENV A=2 B=$A", {"A": "2", "B": "1"}),
        ("ARG A=1", {"A": "1"}),
        ("ARG A", {}),
        ("ARG A=1\nENV A=2", {"A": "2"}),
        ("ENV A=1\nARG A=2", {"A": "2"}),
        ("ENV A=1\nARG A", {"A": "1"}),
        ("ARG A=1\nARG B=$A", {"A": "1", "B": "1"}),
        ("ARG A=1 B=$A", {"A": "1", "B": "1"}),
        ("ARG GLOBAL", {"GLOBAL": "g"}),
        ("ARG GLOBAL=own", {"GLOBAL": "own"}),
        ("ARG TARGETARCH", {"TARGETARCH": "amd64"}),
        ("ARG GIVEN", {"GIVEN": "given"}),
        ("ARG GIVEN=default", {"GIVEN": "given"}),
        ("ENV A=$GIVEN", {"A": ""}),
        ("ENV $UNSET=x", None),
    ],
)
def test_the_environment_that_a_run_sees(body: str, env: dict[str, str] | None) -> None:
    text = f"ARG GLOBAL=g\nFROM x\n{body}\nRUN env"
    if env is None:
        with pytest.raises(DockerfileError, match="ENV names can not be blank"):
            run_step(text, GIVEN="given")
        return
    assert run_step(text, GIVEN="given").env == (*BASE.env, *env.items())


def test_args_are_not_in_the_image() -> None:
    assert last("FROM x\nARG A=1\nRUN a").config.env == BASE.env


def test_args_go_on_into_a_stage_that_is_based_on_theirs() -> None:
    stage = last("FROM x AS one\nARG A=1\nFROM one\nRUN a")
    step = stage.steps[0]
    assert isinstance(step, RunStep)
    assert ("A", "1") in step.env
    assert stage.config.history[-1].created_by == "RUN |1 A=1 /bin/sh -c a # buildkit"


def test_stages_do_not_see_each_other_s_args() -> None:
    assert ("A", "1") not in run_step("FROM x AS one\nARG A=1\nFROM x\nARG A\nRUN a").env


def test_path_is_set_even_in_scratch() -> None:
    assert last("FROM scratch\nCOPY a b").config.env == (PATH,)


def test_proxies_reach_the_run_but_not_its_key() -> None:
    with_proxy = run_step("FROM x\nRUN a", HTTP_PROXY="http://p")
    assert with_proxy.proxies == (("HTTP_PROXY", "http://p"), ("http_proxy", "http://p"))
    assert with_proxy.env == BASE.env
    assert with_proxy.definition == run_step("FROM x\nRUN a").definition


def test_a_declared_proxy_is_an_arg_like_others() -> None:
    step = run_step("FROM x\nARG HTTP_PROXY\nRUN a", HTTP_PROXY="http://p")
    assert ("HTTP_PROXY", "http://p") in step.env
    assert step.proxies == (("http_proxy", "http://p"),)


@pytest.mark.parametrize(
    ("lines", "cmd", "entrypoint"),
    [
        ("", ("base-cmd",), ("base-entry",)),
        ('CMD ["c"]', ("c",), ("base-entry",)),
        ('ENTRYPOINT ["e"]', None, ("e",)),
        ('CMD ["c"]\nENTRYPOINT ["e"]', ("c",), ("e",)),
        ('ENTRYPOINT ["e"]\nCMD ["c"]', ("c",), ("e",)),
        ("CMD []", (), ("base-entry",)),
        ("ENTRYPOINT []", None, ()),
        ('SHELL ["bash"]\nCMD x', ("bash", "x"), ("base-entry",)),
    ],
)
def test_cmd_and_entrypoint(
    lines: str, cmd: tuple[str, ...] | None, entrypoint: tuple[str, ...]
) -> None:
    config = last(f"FROM x\n{lines}").config
    assert (config.cmd, config.entrypoint) == (cmd, entrypoint)


def test_cmd_of_a_parent_stage_does_not_survive_entrypoint() -> None:
    config = last('FROM x AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]').config
    assert (config.cmd, config.entrypoint) == (None, ("e",))


@pytest.mark.parametrize(
    ("paths", "result"),
    [
        (["/a"], "/a"),
        (["/a", "b"], "/a/b"),
        (["/a", "../b/"], "/b"),
        (["a"], "/a"),
        (["/a", "/"], "/"),
        (["//a//b/."], "/a/b"),
        (["/a/${UNSET}b"], "/a/b"),
    ],
)
def test_workdir(paths: list[str], result: str) -> None:
    lines = "\n".join(f"WORKDIR {path}" for path in paths)
    assert last(f"FROM x\n{lines}").config.working_dir == result


def test_workdir_is_made_for_the_user_and_used_by_what_follows() -> None:
    steps = last("FROM x\nUSER u\nWORKDIR /w\nRUN a\nCOPY b c").steps
    assert isinstance(steps[0], WorkdirStep)
    assert (steps[0].path, steps[0].user) == ("/w", "u")
    assert isinstance(steps[1], RunStep)
    assert (steps[1].cwd, steps[1].user) == ("/w", "u")
    assert isinstance(steps[2], CopyStep)
    assert steps[2].workdir == "/w"


def test_run_in_exec_form_expands_nothing() -> None:
    assert run_step('FROM x\nENV A=1\nRUN ["echo", "$A"]').argv == ("echo", "$A")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("RUN <<E\necho $A\nE", "echo $A\n"),
        ("RUN <<-E\n\t\techo\n\tE", "echo\n"),
        ("RUN cat <<E >f\nbody\nE", "cat <<E >f\nbody\nE"),
        ("RUN <<A cat >a && <<B cat >b\n1\nA\n2\nB", "<<A cat >a && <<B cat >b\n1\nA\n2\nB"),
    ],
)
def test_run_heredocs(text: str, script: str) -> None:
    assert run_step(f"FROM x\n{text}").argv == ("/bin/sh", "-c", script)


def test_copy_expands_its_words() -> None:
    step = last("FROM x\nENV D=dir M=755\nCOPY --chown=$D:g --chmod=$M $D/a '$D' /to/$D/").steps[0]
    assert isinstance(step, CopyStep)
    assert step.sources == ("dir/a", "$D")
    assert (step.destination, step.chown, step.chmod) == ("/to/dir/", "dir:g", "755")


def test_copy_heredocs_expand_unless_quoted() -> None:
    step = last('FROM x\nENV A=1\nCOPY <<E <<"F" /d/\n"$A" \\$A\nE\n$A\nF').steps[0]
    assert isinstance(step, CopyStep)
    assert step.inline == (InlineFile("E", b'"1" $A\n'), InlineFile("F", b"$A\n"))


def test_copy_from_keeps_its_source() -> None:
    step = last("FROM x\nCOPY --from=img a b").steps[0]
    assert isinstance(step, CopyStep)
    assert step.source == ImageBase("img")


def test_labels_of_the_command_line_win_and_reach_the_target_only() -> None:
    found = plan("FROM x AS a\nLABEL k=file\nFROM a", labels=(("k", "given"), ("n", "")))
    assert dict(found.stages[-1].config.labels) == {"from": "base", "k": "given", "n": ""}
    assert dict(found.stages[0].config.labels)["k"] == "file"


def test_a_malformed_exclude_is_an_error_at_its_instruction() -> None:
    with pytest.raises(ContextError, match="syntax error in pattern") as caught:
        last("FROM x\nCOPY --exclude=[ a b")
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 2


@pytest.mark.parametrize(
    "line",
    [
        "COPY b /d/",
        "COPY a c /d/",
        "COPY --parents a /d/",
        "COPY --exclude=a a /d/",
        "COPY --exclude=b a /d/",
        "COPY --link a /d/",
        "COPY --chmod=644 a /d/",
        "ADD a /d/",
        "COPY <<a /d/\na",
    ],
)
def test_what_changes_a_copy_changes_its_definition(line: str) -> None:
    def step(text: str) -> CopyStep:
        found = last(f"FROM x\n{text}").steps[0]
        assert isinstance(found, CopyStep)
        return found

    assert step(line).definition != step("COPY a /d/").definition


@pytest.mark.parametrize("line", ["COPY --link=false a /d/", "ADD --unpack=false a /d/"])
def test_flags_that_change_nothing_keep_the_definition(line: str) -> None:
    copied, plain = last(f"FROM x\n{line}").steps[0], last("FROM x\nCOPY a /d/").steps[0]
    assert copied.definition == plain.definition


def test_link_with_chmod_is_a_plain_copy() -> None:
    step = last("FROM x\nCOPY --link --chmod=644 a /d/").steps[0]
    assert isinstance(step, CopyStep)
    assert not step.link


@pytest.mark.parametrize(
    ("line", "history"),
    [
        ("ADD a b", "ADD a b # buildkit"),
        ("ADD --unpack=false --chown=1 a b", "ADD --chown=1 a b # buildkit"),
        ("COPY --parents --chmod=644 --exclude=x a b", "COPY --parents --chmod=644 a b # buildkit"),
        ("COPY --link a b", "COPY a b # buildkit"),
        ("ADD <<E /f\nx\nE", "ADD <<E /f # buildkit"),
    ],
)
def test_history_of_copies(line: str, history: str) -> None:
    assert last(f"FROM x\n{line}").config.history[-1].created_by == history


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("EXPOSE 99999", "invalid containerPort"),
        ("STOPSIGNAL SIGNOPE", "invalid signal: SIGNOPE"),
        ('VOLUME [""]', "VOLUME specified can not be an empty string"),
        ("WORKDIR ${A:?is needed}", "A: is needed"),
    ],
)
def test_errors_are_located(line: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message) as caught:
        last(f"FROM x\n{line}")
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 2


def test_networks_of_steps() -> None:
    assert run_step("FROM x\nRUN --network=none y").network == "none"
    assert run_step("FROM x\nRUN --network=default y").network == "default"
    with pytest.raises(DockerfileError, match=r"^entitlement network\.host is not allowed$"):
        last("FROM x\nRUN --network=host y")


@pytest.mark.parametrize(
    ("options", "line", "network"),
    [
        (PlanOptions(allow=frozenset({"network.host"})), "RUN --network=host y", "host"),
        (PlanOptions(allow=frozenset({"network.host"})), "RUN y", "default"),
        (PlanOptions(network="host"), "RUN --network=host y", "host"),
        (PlanOptions(network="host"), "RUN --network=none y", "none"),
        (PlanOptions(network="none"), "RUN --network=default y", "none"),
    ],
)
def test_networks_with_options(options: PlanOptions, line: str, network: str) -> None:
    graph = resolve(
        parse(f"FROM scratch\n{line}".encode()), build_args={}, build=AMD64, target_platform=AMD64
    )
    step = plan_build(graph, {}, options).stages[0].steps[0]
    assert isinstance(step, RunStep)
    assert step.network == network


def test_a_script_is_a_file_that_the_shell_is_given() -> None:
    step = run_step("FROM x\nRUN <<-E\n#!/usr/bin/env python3\n\tprint()\n\tE\n")
    assert step.argv == ("/bin/sh", "-c", "/dev/pipes/E")
    assert step.script == InlineFile("E", b"#!/usr/bin/env python3\nprint()\n")
    other = run_step("FROM x\nRUN <<-E\n#!/usr/bin/env python3\n\tprint(1)\n\tE\n")
    assert step.definition != other.definition
    with pytest.raises(DockerfileError, match="cannot be a file's name"):
        run_step("FROM x\nRUN <<../E\n#!/bin/sh\n../E\n")


def test_what_a_step_reads_of_elsewhere() -> None:
    step = run_step(
        "FROM x\nRUN --mount=target=/a,source=s --mount=type=cache,target=/c"
        " --mount=type=cache,target=/d,from=img --mount=type=secret,id=q y"
    )
    assert [(item.source, item.paths) for item in step.readings] == [
        (None, ("/s",)),
        (ImageBase("img"), ("/",)),
    ]
    assert all(item.exact for item in step.readings)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("type=tmpfs,target=/t", False),
        ("target=/t", False),
        ("type=cache,target=/t", True),
        ("type=secret,id=s", True),
        ("type=ssh", True),
    ],
)
def test_what_is_better_not_run_again(flag: str, expected: bool) -> None:
    assert run_step(f"FROM x\nRUN --mount={flag} y").unrepeatable is expected


def test_args_for_a_scanner_reach_no_command() -> None:
    text = (
        "FROM x\nARG BUILDKIT_SBOM_SCAN_STAGE=true BUILDKIT_SBOM_SCAN_CONTEXT A=1\n"
        "LABEL l=<$BUILDKIT_SBOM_SCAN_STAGE>\nRUN r"
    )
    step = run_step(text, BUILDKIT_SBOM_SCAN_CONTEXT="yes")
    assert dict(step.env) == {**dict(BASE.env), "A": "1"}
    assert history(text)[-3:] == [
        "ARG BUILDKIT_SBOM_SCAN_STAGE=true BUILDKIT_SBOM_SCAN_CONTEXT A=1",
        "LABEL l=<>",
        "RUN |3 BUILDKIT_SBOM_SCAN_STAGE=true BUILDKIT_SBOM_SCAN_CONTEXT= A=1 /bin/sh -c r "
        "# buildkit",
    ]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("run echo $A ${B} '$A' \"$A\" \\$A", "RUN echo 1 ${B} '$A' \"1\" $A"),
        ("RUN echo ${A", "RUN echo ${A"),
        ('RUN ["echo", "$A"]', 'RUN ["echo", "1"]'),
        ("RUN <<E\necho $A\nexit\nE", "RUN <<E (echo 1...)"),
        ("RUN --mount=type=secret,id=s,env=A x $A", "RUN --mount=type=secret,id=s,env=A x ****"),
        ("copy --from=0 $A'b' /$B", "COPY --from=0 1b /"),
        ("ADD ${A /x", "failed to process"),
        ("WORKDIR /$A/x", "WORKDIR /1/x"),
    ],
)
def test_titles(line: str, title: str) -> None:
    text = f"FROM scratch\nFROM x\nARG A=1\n{line}"
    if title == "failed to process":
        with pytest.raises(DockerfileError, match=title):
            last(text)
    else:
        assert last(text).steps[-1].title == title


def test_a_mode_is_looked_at_before_anything_is_built() -> None:
    with pytest.raises(BuildError) as caught:
        plan("FROM x\nARG M=10000\nCOPY --chmod=$M a /b")
    assert str(caught.value) == (
        "invalid chmod parameter: '10000'. it should be octal string and between 0 and 07777"
    )
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 3


def test_scratch_has_a_working_directory() -> None:
    assert last("FROM scratch\nENV a=b").config.working_dir == "/"

"""What a plan tells of the build in its provenance."""

from __future__ import annotations

from pathlib import Path

from rootbuild.attest.invocation import Invocation, Material, Need
from rootbuild.attest.names import image_url
from rootbuild.build.options import BuildOptions
from rootbuild.build.provenance.materials import Sources
from rootbuild.build.provenance.told import Occasion, told
from rootbuild.context.origin import main_origin
from rootbuild.dockerfile.parse import parse
from rootbuild.graph.resolve import resolve
from rootbuild.image.config import ImageConfig
from rootbuild.image.platform import build_platform
from rootbuild.plan.plan import BaseImage, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.remote.sources import HttpSource, RemoteSource

ID, DIGEST, COMMIT, SUM = "1" * 64, f"sha256:{'2' * 64}", "3" * 40, f"sha256:{'4' * 64}"
HERE = build_platform()
FOLDER = BuildOptions(context=Path())


def known(source: RemoteSource) -> str:
    return SUM if isinstance(source, HttpSource) else f"{COMMIT} tree"


def invocation(text: str, options: BuildOptions = FOLDER) -> Invocation:
    file = parse(text.encode())
    graph = resolve(file, build_args=options.build_args, build=HERE, target_platform=HERE)
    images = {
        image: BaseImage(f"docker.io/library/{image.reference}:1", ID, ImageConfig())
        for image, _ in graph.images()
    }
    plan = plan_build(graph, images, PlanOptions(build_args=options.build_args))
    sources = Sources({ID: DIGEST}.__getitem__, known)
    return told(plan, options, ("Dockerfile", text.encode()), sources, Occasion("i", "a", "b"))


def test_materials_are_what_came_from_outside() -> None:
    text = f"""\
FROM base AS one
ADD --checksum={SUM} https://user:hidden@example.org/file /
ADD https://example.org/r.git#v1 /r
FROM base
COPY --from=one /file /
COPY --from=other /x /
"""
    assert invocation(text).materials == (
        Material(f"pkg:docker/base@1?platform={HERE}", DIGEST),
        Material(f"pkg:docker/other@1?platform={HERE}", DIGEST),
        Material("https://xxxxx@example.org/file", SUM),
        Material("https://example.org/r.git#v1", f"sha1:{COMMIT}"),
    )


def test_a_context_that_was_fetched_is_the_source() -> None:
    options = BuildOptions(context=main_origin("https://example.org/r.git#v1"))
    found = invocation("FROM base\nCOPY . /\n", options)
    source = Material("https://example.org/r.git#v1", f"sha1:{COMMIT}")
    assert (found.source, found.locals) == (source, ())
    assert source in found.materials


def test_folders_of_this_host_are_named() -> None:
    assert invocation("FROM base\nCOPY a /\n").locals == ("context", "dockerfile")
    assert invocation("FROM base\nRUN x\n").locals == ("dockerfile",)


def test_what_was_asked_for() -> None:
    options = BuildOptions(
        context=Path(),
        build_args={"V": "1", "HTTPS_PROXY": "http://user:hidden@proxy"},
        labels=(("a", "b"),),
        target="one",
        no_cache=True,
        network="none",
    )
    found = invocation("FROM base AS one\nARG V\nRUN echo $V\n", options)
    assert found.args == {
        "build-arg:V": "1",
        "label:a": "b",
        "target": "one",
        "no-cache": "",
        "force-network-mode": "none",
    }
    assert "hidden" not in repr(found)


def test_secrets_and_agents_by_their_names() -> None:
    text = """\
FROM base
RUN --mount=type=secret,id=a --mount=type=ssh one
RUN --mount=type=secret,id=a,required --mount=type=secret,id=b two
"""
    found = invocation(text)
    assert found.secrets == (Need("a"), Need("b", optional=True))
    assert found.agents == (Need("default", optional=True),)


def test_a_build_without_network_is_hermetic() -> None:
    assert invocation("FROM base\nRUN --network=none x\nCOPY a /\n").hermetic
    assert not invocation("FROM base\nRUN --network=none x\nRUN y\n").hermetic


def test_steps_in_the_order_of_what_they_take() -> None:
    text = """\
FROM base AS one
WORKDIR /w
RUN make
FROM scratch
COPY --from=one --chown=1:2 /w/out/ bin/
COPY <<note /
hello
note
"""
    steps = invocation(text).steps
    assert [(step.id, step.inputs, step.lines) for step in steps] == [
        ("step0", (), None),
        ("step1", ("step0:0",), (2, 2)),
        ("step2", ("step1:0",), (3, 3)),
        ("step3", ("step2:0",), (5, 5)),
        ("step4", ("step3:0",), (6, 8)),
    ]
    source, made, run, copied, written = (step.op["Op"] for step in steps)
    assert source == {"source": {"identifier": "docker-image://docker.io/library/base:1"}}
    assert made == {
        "file": {
            "actions": [{"Action": {"mkdir": {"path": "/w", "mode": 0o755, "makeParents": True}}}]
        }
    }
    assert isinstance(run, dict)
    assert run["exec"]["meta"]["args"] == ["/bin/sh", "-c", "make"]
    assert run["exec"]["meta"]["cwd"] == "/w"
    assert isinstance(copied, dict)
    (action,) = copied["file"]["actions"]
    assert action["Action"]["copy"] == {
        "src": "/w/out/",
        "dest": "/bin/",
        "createDestPath": True,
        "allowWildcard": True,
        "owner": "1:2",
    }
    assert isinstance(written, dict)
    assert [each["Action"]["copy"]["src"] for each in written["file"]["actions"]] == ["note"]


def test_names_of_images() -> None:
    assert image_url("docker.io/library/a:1", DIGEST, "linux/amd64") == (
        "pkg:docker/a@1?platform=linux/amd64"
    )
    assert image_url("localhost:5000/x/y:z", DIGEST, "linux/arm64") == (
        "pkg:docker/localhost:5000/x/y@z?platform=linux/arm64"
    )
    assert image_url(f"docker.io/b/c@{DIGEST}", DIGEST, "linux/amd64").startswith(
        f"pkg:docker/b/c@{DIGEST}?"
    )

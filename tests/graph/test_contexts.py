"""What `--build-context` puts in the place of images and stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.context.named import read_contexts
from rootbuild.context.origin import Nothing
from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError, UsageError
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import (
    Base,
    ContextBase,
    ImageBase,
    ScratchBase,
    StageBase,
    StageGraph,
)
from rootbuild.image.platform import Platform
from rootbuild.remote.sources import GitSource, HttpSource

AMD64 = Platform("linux", "amd64")
FOLDER = ContextBase("src", Path("dir"))


def graph(text: str, *contexts: str, target: str | None = None) -> StageGraph:
    return resolve(
        parse(text.encode()),
        build_args={},
        build=AMD64,
        target_platform=AMD64,
        target=target,
        contexts=read_contexts(contexts),
    )


def base(name: str, *contexts: str) -> Base:
    return graph(f"FROM {name}\n", *contexts).stages[0].base


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("docker-image://busybox:1", ImageBase("busybox:1")),
        ("docker-image://scratch", ScratchBase()),
        ("oci-layout://dir:v1@sha256:ab", ImageBase("oci-layout://dir:v1@sha256:ab")),
        ("dir", ContextBase("src", Path("dir"))),
        (
            "https://example.com/a.git#v1:sub",
            ContextBase("src", GitSource("https://example.com/a.git", ref="v1", subdir="sub")),
        ),
        (
            "https://example.com/a.tar?x=y",
            ContextBase("src", HttpSource("https://example.com/a.tar?x=y")),
        ),
        ("target:other", ContextBase("src", Path("target:other"))),
    ],
)
def test_values(value: str, expected: Base) -> None:
    assert base("src", f"src={value}") == expected


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("alpine", "alpine"),
        ("alpine", "alpine:latest"),
        ("alpine", "docker.io/library/alpine"),
        ("docker.io/library/alpine:latest", "alpine"),
        ("index.docker.io/alpine", "library/alpine"),
        ("ghcr.io/a/b:v1", "ghcr.io/a/b:v1"),
        ("alpine@sha256:" + "1" * 64, "alpine@sha256:" + "1" * 64),
    ],
)
def test_names_are_normalised(given: str, used: str) -> None:
    assert base(used, f"{given}=dir") == ContextBase(given, Path("dir"))


@pytest.mark.parametrize("used", ["alpine:3", "other/alpine", "ghcr.io/alpine", "1" * 64])
def test_other_names_are_not_replaced(used: str) -> None:
    assert base(used, "alpine=dir") == ImageBase(used)


@pytest.mark.parametrize("name", ["scratch", "context"])
def test_reserved_names(name: str) -> None:
    contexts = read_contexts([f"{name}=dir", "other=dir"])
    assert contexts.reserved == (name,)
    assert base(name, f"{name}=dir") == base(name)


def test_the_last_one_of_a_name_counts() -> None:
    assert base("src", "src=a", "docker.io/library/src=b") == ContextBase(
        "docker.io/library/src", Path("b")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("src", "invalid context value: src, expected key=value"),
        ("=dir", "invalid context value: =dir, expected key=value"),
        ("src=", "invalid context value: src=, expected key=value"),
        ("SRC=dir", "invalid context name SRC: invalid reference format: repository name"),
        ("src::=dir", "invalid context name src::"),
        ("src::a/b/c/d=dir", "invalid context name src::a/b/c/d"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_contexts([text])
    assert caught.value.report.message.startswith(message)


def test_for_one_platform() -> None:
    text = "FROM src\nFROM --platform=linux/arm64 src\nFROM --platform=linux/riscv64 src\n"
    found = graph(text, "src::linux/arm64/v8=arm", "src=any")
    assert [stage.base for stage in found.stages] == [
        ContextBase("src", Path("any")),
        ContextBase("src::linux/arm64/v8", Path("arm")),
        ContextBase("src", Path("any")),
    ]
    assert base("src", "src::linux/arm64=arm") == ImageBase("src")
    assert base("src", "src::amd64=amd") == ContextBase("src::amd64", Path("amd"))


STAGES = """\
FROM one AS src
RUN make
COPY --from=two a b
FROM src AS last
COPY --from=src a b
RUN --mount=from=src,target=/m --mount=from=image,target=/n true
COPY --from=0 a b
"""


def test_a_stage_is_replaced_with_all_that_it_does() -> None:
    found = graph(STAGES, "src=dir")
    assert found.stages[0].base == FOLDER
    assert (found.stages[0].instructions, found.stages[0].sources) == ((), ())
    last = found.stages[1]
    assert last.base == FOLDER
    assert last.sources == (
        (0, FOLDER),
        (1, FOLDER),
        (1, ImageBase("image")),
        (2, StageBase(0)),
    )
    assert found.images() == ((ImageBase("image"), last),)


def test_a_stage_is_found_whatever_its_case() -> None:
    assert graph("FROM one AS Src\nRUN x\n", "src=dir").stages[0].base == FOLDER


def test_a_replaced_stage_need_not_be_right() -> None:
    """What it would have done is not looked at, as it is not done."""
    graph("FROM one AS src\nCOPY --from=src a b\nFROM src\n", "src=dir")
    with pytest.raises(DockerfileError, match="circular"):
        graph("FROM one AS src\nCOPY --from=src a b\nFROM src\n")


def test_a_context_is_no_forward_reference() -> None:
    text = "FROM one\nCOPY --from=src a b\nRUN --mount=from=src,target=/m true\nFROM two AS src\n"
    found = graph(text, "src=dir", target="0")
    assert found.stages[0].sources == ((0, FOLDER), (1, FOLDER))
    with pytest.raises(DockerfileError, match="needs to be defined before"):
        graph(text)


def test_images_for_copies_and_mounts() -> None:
    text = "FROM one\nCOPY --from=src a b\nRUN --mount=from=src,target=/m true\n"
    image = ImageBase("busybox")
    sources = graph(text, "src=docker-image://busybox").stages[0].sources
    assert sources == ((0, image), (1, image))


def test_nothing_at_all_for_copies() -> None:
    found = graph("FROM one\nCOPY --from=src * b\n", "src=docker-image://scratch")
    assert found.stages[0].sources == ((0, ContextBase("src", Nothing())),)


def test_numbers_are_stages() -> None:
    found = graph("FROM one\nFROM two\nCOPY --from=0 a b\n", "0=dir")
    assert found.stages[1].sources == ((0, StageBase(0)),)


def test_what_is_not_used_may_be_wrong() -> None:
    broken = "other=https://example.com/a.git?unknown=1"
    assert base("src", broken) == ImageBase("src")
    with pytest.raises(DockerfileError) as caught:
        base("other", broken)
    assert caught.value.report.location is not None

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.backend import StoredContainer, StoredImage
from rootbuild.errors import ImageNotFoundError, RuntimeRefusedError
from rootbuild.runtime.names import (
    check_name,
    find_container,
    find_image,
    find_network,
    image_in_use,
    indexes_among,
    need_image,
    whole_names,
)
from rootbuild.runtime.networks import called, named, translate
from tests.runtime.fakes import FakeRuntime

DIGEST = "sha256:" + "d" * 64
IMAGES = [
    StoredImage("ab" * 32, ("docker.io/library/app:latest",), DIGEST),
    StoredImage("ac" * 32, ("localhost/app:latest", "localhost/own:latest")),
    StoredImage("cd" * 32, ("quay.io/x/y:1",)),
]
CONTAINERS = [
    StoredContainer("ab" * 32, ("web",), "running"),
    StoredContainer("ac" * 32, ("db", "abc"), "exited"),
]
NETWORKS = [("ab" * 32, "nat"), ("cd" * 32, "podman")]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("app", "docker.io/library/app:latest"),
        ("app:latest", "docker.io/library/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("own", "localhost/own:latest"),
        ("docker.io/own", None),
        ("app:2", None),
        ("y:1", None),
        ("quay.io/x/y:1", "quay.io/x/y:1"),
        ("abab", "ab" * 32),
        ("sha256:cd", "cd" * 32),
        ("ac" * 32, "ac" * 32),
        ("a", None),
        ("ef", None),
        (f"app@{DIGEST}", f"docker.io/library/app@{DIGEST}"),
        (f"other@{DIGEST}", None),
    ],
)
def test_images(name: str, found: str | None) -> None:
    assert find_image(name, IMAGES) == found


def test_unknown_image() -> None:
    with pytest.raises(ImageNotFoundError, match="No such image: nope:latest"):
        need_image("nope", IMAGES)


def test_docker_hub_goes_first() -> None:
    assert whole_names("a/b") == ("docker.io/a/b:latest", "localhost/a/b:latest")
    assert whole_names("docker.io/b") == ("docker.io/library/b:latest",)
    assert whole_names("reg:5000/b") == ("reg:5000/b:latest",)


@pytest.mark.parametrize(
    ("name", "found"),
    [("web", 0), ("/web", 0), ("ab" * 32, 0), ("abab", 0), ("abc", 1), ("a", None), ("x", None)],
)
def test_containers(name: str, found: int | None) -> None:
    assert find_container(name, CONTAINERS) == (None if found is None else CONTAINERS[found])


@pytest.mark.parametrize(("name", "found"), [("nat", "nat"), ("cdcd", "podman"), ("x", None)])
def test_networks(name: str, found: str | None) -> None:
    assert find_network(name, NETWORKS) == found


def test_values_of_network() -> None:
    assert translate("nat") == "nat"
    assert translate("nat:alias=a") == "nat:alias=a"
    assert translate("alias=a,name=nat") == "nat:alias=a"
    assert named(["nat:ip=1.2.3.4", "host", "none", "container:x", "slirp4netns:mtu=1"]) == ("nat",)


def test_indexes_are_told_from_images() -> None:
    one, index = "a" * 64, "b" * 64
    known = [
        StoredImage(one, ("docker.io/library/one:1",)),
        StoredImage(index, ("docker.io/library/all:1",), instances=(one,)),
    ]
    names = ["docker.io/library/one:1", "docker.io/library/all:1", index, one]
    assert indexes_among(names, known) == ("docker.io/library/all:1", index)


def test_names_of_containers() -> None:
    check_name("a-b_c.1")
    for name in ("a b", "", "-a", "a/b"):
        with pytest.raises(RuntimeRefusedError, match="Invalid container name"):
            check_name(name)


def test_images_in_use() -> None:
    users = [StoredContainer("e" * 64, ("web",), "exited", image="ab" * 32)]
    found = image_in_use(["quay.io/x/y:1", "docker.io/library/app:latest"], IMAGES, users)
    assert found is not None
    assert found.report.message == (
        'conflict: unable to remove repository reference "app:latest" (must force) - container '
        "eeeeeeeeeeee is using its referenced image abababababab"
    )
    by_id = image_in_use(["ab" * 32], IMAGES, users)
    assert by_id is not None
    assert "(must be forced) - image is being used by stopped container" in by_id.report.message
    assert image_in_use(["quay.io/x/y:1"], IMAGES, users) is None


def test_the_network_bridge(tmp_path: Path) -> None:
    """It is the engine's usual one, unless there is one of that name."""
    runtime = FakeRuntime(tmp_path / "log")
    assert called(runtime, "bridge", [("1" * 64, "usual")]) == "usual"
    assert called(runtime, "bridge", [("1" * 64, "usual"), ("2" * 64, "bridge")]) == "bridge"
    assert called(runtime, "bridge", [("1" * 64, "nat")]) is None
    assert called(runtime, "111", [("1" * 64, "nat")]) == "nat"

"""Which image of the store a name means."""

from __future__ import annotations

import pytest

from rootbuild.backend import StoredImage
from rootbuild.build.store import Store, local_names, read_store
from rootbuild.image.reference import parse
from rootbuild.testing import RecordingBackend

DIGEST = "sha256:" + "d" * 64


def store(*images: StoredImage) -> Store:
    by_name = {name: image for image in images for name in image.names}
    return Store(images, by_name, frozenset(image.id for image in images))


HUB = StoredImage("a" * 64, ("docker.io/library/app:latest", "docker.io/diamol/base:latest"))
LOCAL = StoredImage("b" * 64, ("localhost/app:latest", "localhost/only:latest", "localhost/x/y:1"))
OTHER = StoredImage("c" * 64, ("registry.example/only:latest",), digest=DIGEST)
STORE = store(HUB, LOCAL, OTHER)


@pytest.mark.parametrize(
    ("text", "name", "image"),
    [
        ("app", "docker.io/library/app:latest", HUB),
        ("app:latest", "docker.io/library/app:latest", HUB),
        ("docker.io/app", "docker.io/library/app:latest", HUB),
        ("diamol/base", "docker.io/diamol/base:latest", HUB),
        ("localhost/app", "localhost/app:latest", LOCAL),
        ("only", "localhost/only:latest", LOCAL),
        ("x/y:1", "localhost/x/y:1", LOCAL),
        ("registry.example/only", "registry.example/only:latest", OTHER),
        (f"registry.example/only@{DIGEST}", f"registry.example/only@{DIGEST}", OTHER),
        (f"registry.example/only:1@{DIGEST}", f"registry.example/only:1@{DIGEST}", OTHER),
        ("a" * 64, "a" * 64, HUB),
        ("sha256:" + "b" * 64, "sha256:" + "b" * 64, LOCAL),
    ],
)
def test_found(text: str, name: str, image: StoredImage) -> None:
    assert STORE.find(text) == (name, image)


@pytest.mark.parametrize(
    "text",
    [
        "app:1",
        "x/y",
        "diamol/app",
        "localhost/base",
        "registry.example/app",
        "quay.io/only",
        "app@sha256:" + "e" * 64,
        "f" * 64,
        "sha256:" + "f" * 64,
    ],
)
def test_not_found(text: str) -> None:
    assert STORE.find(text) is None


def test_a_registry_of_its_own_is_never_taken_for_a_local_name() -> None:
    assert local_names(parse("registry.example/app")) == ("registry.example/app:latest",)
    assert local_names(parse("app")) == ("docker.io/library/app:latest", "localhost/app:latest")


def test_an_image_without_a_digest_is_not_found_by_one() -> None:
    assert store(StoredImage("a" * 64)).find("app") is None


def test_as_read_from_a_backend() -> None:
    backend = RecordingBackend()
    image = backend.add_image("localhost/mine:latest", {}, {"/a": b""})
    found = read_store(backend)
    assert found.ids == {image}
    hit = found.find("mine")
    assert hit is not None
    assert (hit[0], hit[1].id) == ("localhost/mine:latest", image)
    assert backend.calls == []

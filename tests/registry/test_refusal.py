"""What is told of a pull that an engine could not do, by registries that refuse in many ways."""

from __future__ import annotations

import socket

import pytest

from rootbuild.errors import ImageNotFoundError, RegistryError
from rootbuild.image.reference import Reference, parse
from rootbuild.registry.refusal import persistently, why_not_pulled
from tests.registryserver import FaultyRegistry, status

SAID = "the engine's words"
MISSING = ImageNotFoundError("missing", detail=SAID)


def told(name: str, platform: str | None = None) -> Exception:
    missing = ImageNotFoundError("missing", detail=SAID, exit_code=125)
    found = why_not_pulled(parse(name), platform, missing)
    assert isinstance(found, (ImageNotFoundError, RegistryError))
    assert (found.report.detail, found.exit_code) == (SAID, 125)
    return found


@pytest.mark.parametrize(
    ("code", "name"),
    [(401, "registry-denied"), (429, "registry-limited"), (503, "registry-failed")],
)
def test_the_registry_refuses(faulty: FaultyRegistry, code: int, name: str) -> None:
    faulty.faults["GET /manifests/"] = [status(code) for _ in range(9)]
    error = told(f"{faulty.host}/some/repo:1")
    assert isinstance(error, RegistryError)
    assert error.id == name
    start = f"{faulty.host}/some/repo:1 is not here and could not be pulled: registry "
    assert error.report.message.startswith(start + faulty.host)
    assert len(faulty.requests) <= 3, "it is asked once more, not again and again"


def test_nobody_is_there(home: object) -> None:
    with socket.socket() as bound:  # it does not listen
        bound.bind(("127.0.0.1", 0))
        error = told(f"127.0.0.1:{bound.getsockname()[1]}/repo")
    assert isinstance(error, RegistryError)
    assert error.id == "registry-unreachable"
    assert error.report.message.endswith("cannot be reached: connection refused")


def test_there_is_no_such_image(faulty: FaultyRegistry) -> None:
    """The engine's error is right then."""
    assert isinstance(told(f"{faulty.host}/some/repo:1"), ImageNotFoundError)


def test_the_image_is_there(faulty: FaultyRegistry) -> None:
    error = told(str(served(faulty)))
    assert isinstance(error, RegistryError)
    assert error.id == "pull-failed"


def served(faulty: FaultyRegistry) -> Reference:
    """An image that there is."""
    config = faulty.add_blob(b"{}")
    body = b'{"schemaVersion":2,"config":{"digest":"%s","size":2},"layers":[]}' % config.encode()
    faulty.manifests["1"] = ("application/vnd.oci.image.manifest.v1+json", body)
    return parse(f"{faulty.host}/some/repo:1")


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_what_passes_is_tried_again(
    faulty: FaultyRegistry, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    wanted, pauses, left = served(faulty), list[float](), [MISSING] * failures
    monkeypatch.setattr("rootbuild.registry.refusal.time.sleep", pauses.append)

    def attempt() -> str:
        if left:
            raise left.pop()
        return "id"

    if failures < 3:
        assert persistently(attempt, wanted, None) == "id"
    else:
        with pytest.raises(RegistryError) as caught:
            persistently(attempt, wanted, None)
        assert caught.value.id == "pull-failed"
    assert pauses == [1, 2][:failures]


def test_what_does_not_pass_is_not_tried_again(faulty: FaultyRegistry) -> None:
    tried: list[None] = []

    def attempt() -> str:
        tried.append(None)
        raise MISSING

    with pytest.raises(ImageNotFoundError):
        persistently(attempt, parse(f"{faulty.host}/some/repo:1"), None)
    assert len(tried) == 1


@pytest.mark.parametrize("name", ["localhost/nope", "localhost/a/b:1"])
def test_nobody_is_asked_for_names_of_no_registry(name: str) -> None:
    assert isinstance(told(name), ImageNotFoundError)


def test_a_platform_that_makes_no_sense(faulty: FaultyRegistry) -> None:
    assert isinstance(told(f"{faulty.host}/some/repo:1", "a/b/c/d"), ImageNotFoundError)
    assert not faulty.requests

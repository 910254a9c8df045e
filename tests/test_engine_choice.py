"""Which backend builds: buildah where it works, podman otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from rootbuild import backend, plugins
from rootbuild.backend import Backend, Problem
from rootbuild.errors import HostError

NO_BUILDAH = Problem("buildah is not installed", id="buildah-missing")
NO_PODMAN = Problem("podman is not installed", id="podman-missing")
NO_UIDMAP = Problem("newuidmap is not installed", id="uidmap-missing")


@dataclass(frozen=True)
class Engine:
    name: str
    problem: Problem | None = None

    def check(self) -> Problem | None:
        return self.problem


def first(*engines: Engine) -> str:
    return backend.first_usable(cast("tuple[Backend, ...]", engines)).name


def test_buildah_comes_first() -> None:
    assert first(Engine("buildah"), Engine("podman")) == "buildah"
    assert first(Engine("buildah", NO_BUILDAH), Engine("podman")) == "podman"


@pytest.mark.parametrize(
    ("buildah", "podman", "told"),
    [
        (NO_BUILDAH, NO_PODMAN, "buildah-missing"),
        (NO_BUILDAH, NO_UIDMAP, "uidmap-missing"),
        (NO_UIDMAP, NO_PODMAN, "uidmap-missing"),
    ],
)
def test_the_engine_that_is_there_is_told_about(
    buildah: Problem, podman: Problem, told: str
) -> None:
    """What is missing for an engine that is installed matters more than one that is not."""
    with pytest.raises(HostError) as caught:
        first(Engine("buildah", buildah), Engine("podman", podman))
    assert caught.value.id == told


def test_why_others_were_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = {"buildah": Engine("buildah", NO_BUILDAH), "podman": Engine("podman")}
    monkeypatch.setattr(plugins, "targets", lambda group: {name: name for name in engines})
    monkeypatch.setattr(plugins, "resolve", lambda name: lambda: engines[name])
    assert backend.choose_backend().name == "podman"
    assert backend.passed_over("podman") == ("buildah is not installed",)
    assert backend.passed_over("buildah") == ()

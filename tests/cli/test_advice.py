"""Orders of the command line and the environment reach the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.cli import advice
from rootbuild.cli.parse import Parsed, parse
from rootbuild.cli.registry import find_command
from rootbuild.errors import HostError
from rootbuild.host.settings import Order, Settings
from tests.runtime.fakes import FakeRuntime


@pytest.fixture(autouse=True)
def _nothing_ordered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "ENGINE",
        "RUNTIME",
        "ISOLATION",
        "NETWORK_HELPER",
        "CACHE_LIMIT",
        "CONFIG",
        "DEBUG",
    ):
        monkeypatch.delenv(f"ROOTBUILD_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def command_line(*words: str) -> Parsed:
    found = find_command(words)
    assert found is not None
    command, called = found
    return parse(command, words[len(called) :], called=called)


def test_options_of_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOTBUILD_RUNTIME", "crun")
    words = ("build", "--runtime=runc", "--network-helper", "pasta", "--engine=buildah", ".")
    orders = advice.settings(command_line(*words))
    assert orders.get("runtime") == Order("runc", "--runtime")
    assert orders.value("network-helper") == "pasta"
    assert orders.value("engine") == "buildah"


def test_dockers_own_isolation_is_no_order() -> None:
    assert advice.settings(command_line("build", "--isolation=default", ".")).orders == {}


def test_verbose_tells_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    advice.advise(FakeRuntime(Path("log")), Settings(), verbose=True)
    assert capsys.readouterr().err == "==> engine: fake (the first that works here)\n"
    ordered = Settings({"engine": Order("fake", "--engine")})
    advice.advise(FakeRuntime(Path("log")), ordered, verbose=True)
    assert "engine: fake (ordered by --engine)" in capsys.readouterr().err
    reasons = ("other is not installed",)
    advice.advise(FakeRuntime(Path("log")), Settings(), verbose=True, passed=lambda: reasons)
    told = "==> engine: fake (the first that works here; other is not installed)\n"
    assert capsys.readouterr().err == told
    advice.advise(FakeRuntime(Path("log")), Settings())
    assert capsys.readouterr().err == ""


def test_containers_get_the_runtime_that_is_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeRuntime(Path("log"))
    monkeypatch.setattr(advice, "choose_runtime", lambda: engine)
    parsed = command_line("run", "image")
    advice.choose_advised_runtime(parsed)
    assert engine.advice == []  # nothing is loaded for those who order nothing
    monkeypatch.setenv("ROOTBUILD_RUNTIME", "runc")
    advice.choose_advised_runtime(parsed)
    assert [choices.wanted("runtime") for choices in engine.advice] == ["runc"]


@pytest.mark.parametrize("value", ["lots", "infinity%"])
def test_a_limit_of_the_cache_that_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOTBUILD_CACHE_LIMIT", value)
    with pytest.raises(
        HostError, match="ROOTBUILD_CACHE_LIMIT is no limit for the cache"
    ) as caught:
        advice.settings(command_line("build", "."))
    assert caught.value.id == "bad-config"
    monkeypatch.setenv("ROOTBUILD_CACHE_LIMIT", "25%")
    assert advice.settings(command_line("build", ".")).value("cache-limit") == "25%"

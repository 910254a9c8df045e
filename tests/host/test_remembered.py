"""What worked is remembered until the host changes, fails, or somebody orders something else."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from rootbuild.choices import Choice, Question, Way
from rootbuild.errors import HostError
from rootbuild.host.fingerprint import fingerprint
from rootbuild.host.remembered import Memory, Remembered
from rootbuild.host.settings import Order, Settings


class Attempts:
    """Ways with given results, and which of them were tried."""

    def __init__(self, **results: str) -> None:
        self.tried: list[str] = []
        self._results = results

    def ways(self) -> Sequence[Way]:
        return [Way(name, partial(self._try, name)) for name in self._results]

    def _try(self, name: str) -> str:
        self.tried.append(name)
        return self._results[name]


class Choosing:
    """A fresh process each time, with the same memory."""

    def __init__(self, cache: Path, **results: str) -> None:
        self.attempts = Attempts(**results)
        self.mark = "first"
        self.told: list[str] = []
        self._cache = cache

    def process(self, orders: dict[str, Order] | None = None) -> Remembered:
        memory = Memory(self._cache, "engine", lambda: self.mark)
        return Remembered(memory, Settings(orders or {}), self.told.append)

    def choose(self, question: Question = "runtime") -> Choice:
        return self.process().choose(question, self.attempts.ways())


def test_the_first_that_works(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="refused", runc="", other="")
    assert choosing.choose() == Choice("runc")
    assert choosing.attempts.tried == ["crun", "runc"]
    assert choosing.choose() == Choice("runc")
    assert choosing.attempts.tried == ["crun", "runc"]
    assert choosing.told[0] == "runtime: runc (found now; crun: refused)"
    assert choosing.told[1].startswith("runtime: runc (found on 20")


def test_none_works(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="refused")
    assert choosing.choose() == Choice("")
    assert choosing.choose() == Choice("")
    assert choosing.attempts.tried == ["crun"]


def test_one_process_asks_once(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="")
    process = choosing.process()
    process.choose("runtime", choosing.attempts.ways())
    process.choose("runtime", choosing.attempts.ways())
    assert len(choosing.told) == 1


def test_tried_again_when_the_host_has_changed(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="")
    choosing.choose()
    choosing.mark = "second"
    choosing.choose()
    assert choosing.attempts.tried == ["crun", "crun"]


def test_tried_again_after_a_failure(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="")
    choosing.choose("network-helper")
    process = choosing.process()
    process.choose("runtime", choosing.attempts.ways())
    process.forget("runtime")
    process.forget("runtime")
    assert choosing.told.count("runtime: crun has failed, and is forgotten") == 1
    choosing.attempts.tried.clear()
    choosing.choose("runtime")
    assert choosing.attempts.tried == ["crun"]
    choosing.choose("network-helper")
    assert choosing.attempts.tried == ["crun"]


def test_an_order(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="refused", runc="")
    process = choosing.process({"runtime": Order("crun", "--runtime")})
    assert process.wanted("runtime") == "crun"
    assert process.wanted("isolation") == "oci"
    assert process.choose("runtime", choosing.attempts.ways()) == Choice("crun", ordered=True)
    assert choosing.attempts.tried == []
    assert choosing.told == ["runtime: crun (ordered by --runtime)"]
    process.forget("runtime")
    assert choosing.choose() == Choice("runc")


def test_an_order_that_cannot_be_met(tmp_path: Path) -> None:
    choosing = Choosing(tmp_path, crun="", runc="")
    process = choosing.process({"runtime": Order("youki", "a.toml")})
    with pytest.raises(HostError) as caught:
        process.choose("runtime", choosing.attempts.ways())
    assert caught.value.id == "no-such-way"
    assert "a.toml orders the runtime 'youki'" in str(caught.value)
    assert caught.value.report.hint == "there is: crun, runc"


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"fingerprint": "first", "answers": 3}'])
def test_a_damaged_memory_costs_only_time(tmp_path: Path, damage: str) -> None:
    choosing = Choosing(tmp_path, crun="")
    choosing.choose()
    (file,) = (tmp_path / "hosts").iterdir()
    assert json.loads(file.read_text())["answers"]["runtime"]["way"] == "crun"
    file.write_text(damage)
    assert choosing.choose() == Choice("crun")
    assert choosing.choose() == Choice("crun")
    assert choosing.attempts.tried == ["crun", "crun"]


def test_a_memory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    choosing = Choosing(tmp_path / "file", crun="")
    assert choosing.choose() == Choice("crun")


def test_the_fingerprint(tmp_path: Path) -> None:
    """It follows programs, settings, cgroups, devices and configuration, and nothing else."""
    environment = {"HOME": str(tmp_path / "home")}
    crun = tmp_path / "crun"

    def mark() -> str:
        return fingerprint(tmp_path, environment, {"crun": str(crun)}.get)

    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    seen = [mark()]
    for name, text in (
        ("crun", "1"),
        ("crun", "12"),
        ("proc/sys/kernel/unprivileged_userns_clone", "1"),
        ("sys/fs/cgroup/cgroup.controllers", "cpu"),
        ("dev/net/tun", ""),
        ("home/.config/containers/containers.conf", "[engine]"),
        ("etc/subuid", "ann:1:2"),
    ):
        write(name, text)
        seen.append(mark())
        assert seen[-1] == mark()
    assert len(set(seen)) == len(seen)
    os.utime(crun, (1, 1))
    assert mark() != seen[-1]
    environment["_CONTAINERS_ROOTLESS_UID"] = "999999"
    changed = mark()
    write("proc/sys/net/ipv4/ip_unprivileged_port_start", "80")
    assert mark() == changed

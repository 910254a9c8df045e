"""Which ways are offered, and which are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from rootbuild import process
from rootbuild.choices import Choice, Question, Way
from rootbuild.errors import HostError
from rootbuild_buildah import fallback
from rootbuild_oci import attempts, filters, network, steps
from rootbuild_oci.step import NeverStartedError
from rootbuild_oci.ways import Ways


class Answers:
    """Fixed answers; notes what it was asked and what it had to forget."""

    def __init__(self, answers: Mapping[str, Choice]) -> None:
        self._answers = answers
        self.forgotten: list[str] = []

    def wanted(self, question: Question) -> str:
        return ""

    def choose(self, question: Question, ways: Sequence[Way]) -> Choice:
        return self._answers[question]

    def forget(self, question: Question) -> None:
        self.forgotten.append(question)


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(steps, "ways", lambda own: ("crun", "runc", "chroot"))
    monkeypatch.setattr(filters, "kept", lambda way, rules: True)


@pytest.mark.parametrize(
    ("isolation", "runtime", "expected"),
    [
        (Choice("oci"), Choice("crun"), ("crun", "runc", "chroot")),
        (Choice("oci"), Choice("runc"), ("runc", "crun", "chroot")),
        (Choice("oci", ordered=True), Choice("runc"), ("runc", "crun")),
        (Choice("oci", ordered=True), Choice("runc", ordered=True), ("runc",)),
        (Choice("chroot"), Choice(""), ("chroot", "crun", "runc")),
        (Choice("chroot", ordered=True), Choice(""), ("chroot",)),
        (Choice("buildah", ordered=True), Choice(""), ("buildah",)),
    ],
)
def test_the_order(isolation: Choice, runtime: Choice, expected: tuple[str, ...]) -> None:
    ways = Ways(fallback)
    ways.choices = Answers({"isolation": isolation, "runtime": runtime})
    assert ways.order() == expected


def test_without_advice_the_first_that_works_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def attempt(way: str, own: object) -> str:
        tried.append(way)
        return "no" if way == "crun" else ""

    monkeypatch.setattr(attempts, "runtime", attempt)
    ways = Ways(fallback)
    assert ways.order() == ways.order() == ("runc", "crun", "chroot")
    assert tried == ["crun", "runc"]


@pytest.mark.parametrize(("runtime", "kept"), [("crun", False), ("crun", True), ("runc", True)])
def test_a_filter_is_made_where_none_is_kept(
    monkeypatch: pytest.MonkeyPatch, runtime: str, kept: bool
) -> None:
    made: list[str] = []
    monkeypatch.setattr(filters, "kept", lambda way, rules: kept)
    monkeypatch.setattr(attempts, "make_filter", lambda way, own: made.append(way))
    ways = Ways(fallback)
    ways.choices = Answers({"isolation": Choice("oci"), "runtime": Choice(runtime)})
    ways.order()
    assert made == ([] if kept else [runtime])


def test_a_refusal_is_told() -> None:
    ways, answers = Ways(fallback), Answers({})
    ways.choices = answers
    ways.refused()
    assert answers.forgotten == ["isolation", "runtime"]


def test_what_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "runtime", lambda way, own: f"{way} refused")
    monkeypatch.setattr(process, "find", lambda name: None if name == "runc" else "/x")
    offered = Ways(fallback).offered()
    names = {question: [way.name for way in ways] for question, ways in offered.items()}
    assert names == {
        "isolation": ["oci", "chroot", "buildah"],
        "runtime": ["crun"],
        "network-helper": ["slirp4netns", "pasta", "host"],
    }
    assert offered["runtime"][0].attempt() == "crun refused"


def test_isolation_by_a_runtime_needs_one_that_works() -> None:
    ways = Ways(fallback)
    ways.choices = Answers({"runtime": Choice("")})
    isolation = ways.offered()["isolation"]
    assert isolation[0].attempt() == "no OCI runtime works here"
    assert isolation[1].attempt() == ""
    ways.choices = Answers({"runtime": Choice("runc")})
    assert isolation[0].attempt() == ""


def test_a_helper_that_has_stopped_working_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(network._HELPERS, "pasta", lambda stack: None)
    monkeypatch.setitem(network._HELPERS, "slirp4netns", lambda stack: network.ALONE)
    answers = Answers({"network-helper": Choice("pasta")})
    with network.outside(answers) as found:
        assert found == network.ALONE
    assert answers.forgotten == ["network-helper"]


def test_a_helper_that_is_ordered_and_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(network._HELPERS, "pasta", lambda stack: None)
    answers = Answers({"network-helper": Choice("pasta", ordered=True)})
    with pytest.raises(HostError) as caught, network.outside(answers):
        pass
    assert caught.value.id == "network-helper"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ('{"level":"info","msg":"a"}\n{"level":"error","msg":"cgroups!"}\n', "cgroups!"),
        ("plain words\n", "plain words"),
        ("", "exited with 1"),
    ],
)
def test_what_a_runtime_said(log: str, said: str) -> None:
    finished = process.Finished(("crun",), 1)
    assert NeverStartedError(finished, log).said == said

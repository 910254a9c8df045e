"""The ways to run a step and to give it a network, and which of them is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from rootbuild import process
from rootbuild.choices import Choices, Question, Unadvised, Way
from rootbuild_oci import bundle, filters, network, steps

OCI = "oci"
QUESTIONS: tuple[Question, ...] = ("isolation", "runtime")


class Ways:
    """What this engine offers, and what `choices` makes of it."""

    def __init__(self) -> None:
        self.choices: Choices = Unadvised()

    def offered(self) -> Mapping[Question, Sequence[Way]]:
        """See `Backend.ways`."""
        return {
            "isolation": self._isolations(),
            "runtime": _runtimes(),
            "network-helper": network.ways(),
        }

    def order(self) -> tuple[steps.Way, ...]:
        """How to run a step: the way that was chosen, and what to do if that refuses."""
        isolation = self.choices.choose("isolation", self._isolations())
        if isolation.way != OCI:
            return _first(isolation.way, steps.ways(), alone=isolation.ordered)
        runtime = self.choices.choose("runtime", _runtimes())
        if not filters.kept(runtime.way, bundle.usual_filter()):
            from rootbuild_oci import attempts  # once per boot

            attempts.make_filter(runtime.way)
        found = steps.ways()
        if isolation.ordered:
            found = tuple(way for way in found if way in steps.RUNTIMES)
        return _first(runtime.way, found, alone=runtime.ordered)

    def refused(self) -> None:
        """What was chosen does not work any more."""
        for question in QUESTIONS:
            self.choices.forget(question)

    def _isolations(self) -> tuple[Way, ...]:
        return (Way(OCI, self._any_runtime), Way("chroot", _surely), Way("buildah", _surely))

    def _any_runtime(self) -> str:
        if self.choices.choose("runtime", _runtimes()).way:
            return ""
        return "no OCI runtime works here"


def _runtimes() -> tuple[Way, ...]:
    found = (way for way in steps.RUNTIMES if process.find(way))
    return tuple(Way(way, partial(_attempt, way)) for way in found)


def _attempt(way: steps.Way) -> str:
    from rootbuild_oci import attempts  # once per host

    return attempts.runtime(way)


def _surely() -> str:
    """What needs nothing of the host: buildah makes it out of namespaces alone."""
    return ""


def _first(name: str, ways: tuple[steps.Way, ...], *, alone: bool) -> tuple[steps.Way, ...]:
    every: tuple[steps.Way, ...] = ("crun", "runc", "buildah", "chroot")
    chosen = tuple(way for way in every if way == name)
    others = () if alone else tuple(way for way in ways if way != name)
    return (*chosen, *others)

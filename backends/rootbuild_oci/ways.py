"""The ways to run a step and to give it a network, and which of them is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from rootbuild import process
from rootbuild.choices import Choices, Question, Unadvised, Way
from rootbuild_oci import bundle, filters, network, steps
from rootbuild_oci.engine import OwnWays

OCI = "oci"
QUESTIONS: tuple[Question, ...] = ("isolation", "runtime")


class Ways:
    """What this engine offers, and what `choices` makes of it."""

    def __init__(self, own: OwnWays) -> None:
        self._own = own
        self.choices: Choices = Unadvised()

    def offered(self) -> Mapping[Question, Sequence[Way]]:
        """See `Backend.ways`."""
        return {
            "isolation": self._isolations(),
            "runtime": self._runtimes(),
            "network-helper": network.ways(),
        }

    def order(self) -> tuple[str, ...]:
        """How to run a step: the way that was chosen, and what to do if that refuses."""
        isolation = self.choices.choose("isolation", self._isolations())
        if isolation.way != OCI:
            return self._first(isolation.way, steps.ways(self._own), alone=isolation.ordered)
        runtime = self.choices.choose("runtime", self._runtimes())
        if not filters.kept(runtime.way, bundle.usual_filter()):
            from rootbuild_oci import attempts  # once per boot

            attempts.make_filter(runtime.way, self._own)
        found = steps.ways(self._own)
        if isolation.ordered:
            found = tuple(way for way in found if way in steps.RUNTIMES)
        return self._first(runtime.way, found, alone=runtime.ordered)

    def refused(self) -> None:
        """What was chosen does not work any more."""
        for question in QUESTIONS:
            self.choices.forget(question)

    def _isolations(self) -> tuple[Way, ...]:
        return (Way(OCI, self._any_runtime), *self._own.ways())

    def _any_runtime(self) -> str:
        if self.choices.choose("runtime", self._runtimes()).way:
            return ""
        return "no OCI runtime works here"

    def _runtimes(self) -> tuple[Way, ...]:
        found = (way for way in steps.RUNTIMES if process.find(way))
        return tuple(Way(way, partial(self._attempt, way)) for way in found)

    def _attempt(self, way: str) -> str:
        from rootbuild_oci import attempts  # once per host

        return attempts.runtime(way, self._own)

    def _first(self, name: str, ways: tuple[str, ...], *, alone: bool) -> tuple[str, ...]:
        known = (*steps.RUNTIMES, *(way.name for way in self._own.ways()))
        chosen = (name,) if name in known else ()
        others = () if alone else tuple(way for way in ways if way != name)
        return (*chosen, *others)

"""The contract's tests about ways: those offered can be tried, and the chosen one is gone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence

from rootbuild.backend import Backend, Exec
from rootbuild.choices import Choice, Question, Way


class _Asked:
    """Answers with one of the ways that work; notes what it was asked."""

    def __init__(self, working: Mapping[Question, Sequence[str]], which: int) -> None:
        self.asked: dict[Question, str] = {}
        self._working = working
        self._which = which

    def wanted(self, question: Question) -> str:
        """See `Choices`."""
        return ""

    def forget(self, question: Question) -> None:
        """See `Choices`."""

    def choose(self, question: Question, ways: Sequence[Way]) -> Choice:
        """See `Choices`."""
        self.asked[question] = self._working[question][self._which]
        return Choice(self.asked[question], ordered=True)


class WaysContract:
    """To be subclassed, with fixtures `backend` and `base` (an image that has busybox)."""

    def test_each_way_can_be_tried_again_and_again(self, backend: Backend) -> None:
        """An attempt tells what went wrong, or nothing, and leaves nothing that hinders another."""
        for question, ways in backend.ways().items():
            assert len({way.name for way in ways}) == len(ways), question
            said = [way.attempt() for way in ways]
            assert said == [way.attempt() for way in ways]
            assert "" in said

    def test_steps_go_the_way_that_is_chosen(self, backend: Backend, base: str) -> None:
        """Each question is asked anew after advice, and an answer that works will do."""
        working = {
            question: [way.name for way in ways if not way.attempt()]
            for question, ways in backend.ways().items()
        }
        asked = _Asked(working, -1)
        backend.advise(asked)
        try:
            with (
                tempfile.TemporaryFile() as output,
                backend.session(),
                backend.start(base, "rootbuild-test-ways") as container,
            ):
                assert backend.run(container, Exec(("/bin/busybox", "true")), output) == 0
        finally:
            backend.advise(_Asked(working, 0))
        for question in ("isolation", "network-helper"):
            assert (question in asked.asked) is (question in working)

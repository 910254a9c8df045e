"""Answers to an engine's questions: by order, by what worked here before, or by trying."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from rootbuild.choices import Choice, Question, Way
from rootbuild.errors import HostError
from rootbuild.host.fingerprint import fingerprint
from rootbuild.host.settings import Settings
from rootbuild.records import asdict, dataclass, field

_FOLDER = "hosts"


@dataclass(frozen=True, slots=True)
class Answer:
    """A way that was found by trying ("" if none works), what others said before it, and when."""

    way: str
    refused: Mapping[str, str] = field(default_factory=dict)
    at: str = ""


class Memory:
    """What worked on this host, as long as its fingerprint stays the same.

    A file per host, as a home folder may be shared. Losing it costs some milliseconds.
    """

    def __init__(self, cache: Path, engine: str, mark: Callable[[], str] = fingerprint) -> None:
        self._file = cache / _FOLDER / f"{os.uname().nodename}.{engine}.json"
        self._mark = mark
        self._marked = ""

    def answers(self) -> dict[str, Answer]:
        """What is known; nothing once the host has changed."""
        try:
            found = json.loads(self._file.read_bytes())
            if found["fingerprint"] != self._fingerprint():
                return {}
            return {name: Answer(**answer) for name, answer in found["answers"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return {}

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Write it down, as a whole. Where that cannot be done, it is tried again next time."""
        content = {
            "fingerprint": self._fingerprint(),
            "answers": {name: asdict(answer) for name, answer in answers.items()},
        }
        staged = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            staged.write_text(json.dumps(content, indent=1) + "\n")
            staged.replace(self._file)

    def _fingerprint(self) -> str:
        self._marked = self._marked or self._mark()
        return self._marked


class Remembered:
    """Keeps to `rootbuild.choices.Choices`. `tell` gets a line about each choice."""

    def __init__(
        self, memory: Memory, settings: Settings, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        self._memory = memory
        self._settings = settings
        self._tell = tell
        self._made: dict[str, Choice] = {}
        self._lock = threading.RLock()

    def wanted(self, question: Question) -> str:
        """See `Choices`."""
        return self._settings.value(question)

    def choose(self, question: Question, ways: Sequence[Way]) -> Choice:
        """See `Choices`."""
        with self._lock:
            made = self._made.get(question)
            if made is None:
                made = self._ordered(question, ways) or self._known(question, ways)
                self._made[question] = made
            return made

    def forget(self, question: Question) -> None:
        """See `Choices`."""
        with self._lock:
            made = self._made.get(question)
            answers = self._memory.answers()
            if made is None or made.ordered or question not in answers:
                return
            self._tell(f"{question}: {made.way} has failed, and is forgotten")
            del answers[question]
            self._memory.keep(answers)

    def _ordered(self, question: Question, ways: Sequence[Way]) -> Choice | None:
        order = self._settings.get(question)
        if order is None:
            return None
        names = [way.name for way in ways]
        if order.value not in names:
            raise HostError(
                f"{order.source} orders the {question} {order.value!r}, which cannot be had here",
                id="no-such-way",
                hint="there is: " + (", ".join(names) or "none"),
            )
        self._tell(f"{question}: {order.value} (ordered by {order.source})")
        return Choice(order.value, ordered=True)

    def _known(self, question: Question, ways: Sequence[Way]) -> Choice:
        answers = self._memory.answers()
        answer = answers.get(question)
        how = f"found on {answer.at}" if answer else "found now"
        if answer is None:
            answer = first(ways)
            # Trying one way may have answered other questions.
            self._memory.keep({**self._memory.answers(), question: answer})
        others = "".join(f"; {name}: {said}" for name, said in answer.refused.items())
        self._tell(f"{question}: {answer.way or 'none'} ({how}{others})")
        return Choice(answer.way)


def first(ways: Sequence[Way]) -> Answer:
    """Try ways in their order until one works."""
    refused: dict[str, str] = {}
    at = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    for way in ways:
        said = way.attempt()
        if not said:
            return Answer(way.name, refused, at)
        refused[way.name] = said
    return Answer("", refused, at)

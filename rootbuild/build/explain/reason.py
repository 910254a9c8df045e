"""One reason why a step runs, as data and as a line of text."""

from __future__ import annotations

from typing import Literal

from rootbuild.dockerfile.quote import quoted
from rootbuild.plan.facts import HIDDEN
from rootbuild.records import dataclass

Kind = Literal[
    "no-cache",
    "first",
    "not-kept",
    "gone",
    "merged",
    "new-step",
    "fact",
    "file",
    "mode",
    "more-files",
    "content",
    "base",
    "earlier-step",
    "other",
]

_FIXED = {
    "no-cache": "the cache is not used",
    "first": "no earlier build of this stage is remembered",
    "not-kept": "its result was not kept, as it does not take long",
    "gone": "its result was kept, but is not in the image store any more",
    "merged": "its result was kept in one layer with others, and --layers=all wants it alone",
    "new-step": "the instruction is new",
    "other": "nothing that is remembered has changed: rootbuild itself may have",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`subject` is what the reason is about: a fact's name, a path, an image, a step's title.

    `before` and `after` are what it was and is; empty where there is no such thing. As text it is
    one line that can be printed, whatever files are called.
    """

    kind: Kind
    subject: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "fact":
                return self._changed(quoted(self.before), quoted(self.after))
            case "file":
                return f"{self.subject} {self._state()}"
            case "more-files":
                return f"{self.after} more of {self.subject} differ"
            case "mode":
                return f"{self.subject} has another mode or owner: {self.before}, now {self.after}"
            case "content":
                return f"{self.subject} has changed"
            case "base":
                return self._changed(self.before, self.after)
            case "earlier-step":
                return f"a step before it has changed: {self.subject}"
            case kind:
                return _FIXED[kind]

    def _changed(self, before: str, after: str) -> str:
        if HIDDEN in before or HIDDEN in after:
            return f"{self.subject} {self._state()}"
        if not self.before:
            return f"{self.subject} is new: {after}"
        if not self.after:
            return f"{self.subject} is gone: {before}"
        return f"{self.subject} was {before} and is {after}"

    def _state(self) -> str:
        return "is new" if not self.before else "is gone" if not self.after else "has changed"

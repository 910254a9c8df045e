"""`--call` and `--check` of `buildx bake`."""

from __future__ import annotations

from rootbuild.cli.parse import Parsed
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Called:
    """What is asked for instead of a build; nothing if its text is empty."""

    text: str

    @classmethod
    def of(cls, parsed: Parsed) -> Called:
        """What the command line asks for."""
        text = "check" if parsed.switch("check") else parsed.text("call")
        return cls("" if text.partition(",")[0] == "build" else text)

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def method(self) -> str:
        """Its name, as JSON has it."""
        name = self.text.partition(",")[0]
        return {"lint": "check", "subrequests.outline": "outline"}.get(name, name)

    @property
    def form(self) -> str:
        """`json`, or nothing for text."""
        return "json" if "format=json" in self.text.split(",") else ""

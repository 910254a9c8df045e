"""What the doctor has to say about one point, and what can be done about it without root."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rootbuild.backend import Problem
from rootbuild.records import dataclass

# "broken": builds or containers do not work. "weak": they do, but not as well as they could.
Level = Literal["ok", "note", "weak", "broken"]


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Make a file that is not there yet."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder for us alone."""

    path: Path


@dataclass(frozen=True, slots=True)
class SetMode:
    """Change the mode of a file of ours."""

    path: Path
    mode: int


@dataclass(frozen=True, slots=True)
class EndPause:
    """End podman's pause process, if no container runs."""


Fix = WriteFile | MakeFolder | SetMode | EndPause


@dataclass(frozen=True, slots=True)
class Finding:
    """One point. `id` is stable and documented in docs/doctor.md.

    `tried` and `happened` are what was done and seen, `builds` and `runs` what that means for each,
    "" where it means nothing.
    `mend` are lines to be typed, those for root with `sudo`; `fix` is what `--fix` does.
    """

    id: str
    subject: str
    level: Level
    tried: str
    happened: str
    builds: str = ""
    runs: str = ""
    mend: tuple[str, ...] = ()
    fix: Fix | None = None


def of_problem(
    problem: Problem,
    subject: str,
    tried: str,
    level: Level = "broken",
    builds: str = "",
    runs: str = "",
    fix: Fix | None = None,
) -> Finding:
    """A finding about something that is known to keep engines from working."""
    mend = tuple(problem.hint.splitlines())
    return Finding(problem.id, subject, level, tried, problem.message, builds, runs, mend, fix)

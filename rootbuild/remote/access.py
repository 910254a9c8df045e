"""What opens remotes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rootbuild.process import Waiting
from rootbuild.records import dataclass

FindSecret = Callable[[str], bytes | None]
"""Gives the value of a secret by its id; None if the build has none of that name."""


def no_secrets(name: str) -> None:
    """For those who have none."""


@dataclass(frozen=True, slots=True)
class Access:
    """The build's secrets, and the socket of an SSH agent if one was given.

    By `waiting` calls of git can be ended.
    """

    secret: FindSecret = no_secrets
    agent: Path | None = None
    waiting: Waiting | None = None

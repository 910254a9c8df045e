"""The folder for sockets and locks, which a log-in session makes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rootbuild.backend import Problem
from rootbuild.facts.account import Account
from rootbuild.facts.ownership import is_ours as is_ours
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class RuntimeDir:
    """`given` is XDG_RUNTIME_DIR, "" if unset; `used` is the folder that engines take then.

    `there` tells whether that one exists.
    """

    given: str
    used: str
    good: bool
    account: Account
    there: bool = True


def look(account: Account, environment: Mapping[str, str] = os.environ) -> RuntimeDir:
    """What is set, and whether it is a folder of ours alone."""
    given = environment.get("XDG_RUNTIME_DIR", "")
    usual = f"/run/user/{account.uid}"
    for folder in (given, usual):
        if folder and is_ours(Path(folder)):
            return RuntimeDir(given, folder, good=True, account=account)
    instead = fallback(account.uid)
    return RuntimeDir(given, str(instead), False, account, there=os.path.isdir(instead))


def fallback(uid: int) -> Path:
    """The folder that podman takes where there is none."""
    import tempfile

    return Path(tempfile.gettempdir(), f"podman-run-{uid}")


def problem(found: RuntimeDir) -> Problem | None:
    """Whether a folder is named that does not serve."""
    if not found.given or found.good:
        return None
    return Problem(
        f"XDG_RUNTIME_DIR is {found.given}, which is not there or not a folder of ours alone",
        f"sudo install -d -m 0700 -o {found.account.name} {found.given}",
        id="no-runtime-dir",
    )

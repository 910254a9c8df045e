"""Volumes in Docker's form, from the engine's own descriptions, and making one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from rootbuild.backend import Runtime
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime.calls import ask
from rootbuild.runtime.listed import Row
from rootbuild.template import Record

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_UNKNOWN = "N/A"


def row(document: Mapping[str, Any]) -> Row:
    """What lists show: all fields are text."""
    labels: Mapping[str, str] = document.get("Labels") or {}
    found = Row(
        Availability=_UNKNOWN,
        Driver=str(document.get("Driver", "")),
        Group=_UNKNOWN,
        Labels=",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        Links=_UNKNOWN,
        Mountpoint=str(document.get("Mountpoint", "")),
        Name=str(document["Name"]),
        Scope=str(document.get("Scope") or "local"),
        Size=_UNKNOWN,
        Status=_UNKNOWN,
    )
    found.labels = labels
    return found


def described(document: Mapping[str, Any]) -> Record:
    """All about a volume."""
    return Record(
        CreatedAt=str(document.get("CreatedAt", "")),
        Driver=str(document.get("Driver", "")),
        Labels=dict(document.get("Labels") or {}),
        Mountpoint=str(document.get("Mountpoint", "")),
        Name=str(document["Name"]),
        Options=dict(document.get("Options") or {}),
        Scope=str(document.get("Scope") or "local"),
    )


def create(runtime: Runtime, name: str, words: tuple[str, ...]) -> int:
    """Make a volume and print its name; one that is there already is fine.

    Raises RuntimeRefusedError for a name that cannot be one.
    """
    if name and not _NAME.fullmatch(name):
        raise _invalid(name)
    outcome = ask(runtime, (*words, *([name] if name else [])))
    if outcome.status != 0 and any(volume.name == name for volume in runtime.volumes()):
        sys.stdout.write(f"{name}\n")
        return 0
    outcome.replay()
    return min(outcome.status, 1)


def _invalid(name: str) -> RuntimeRefusedError:
    if len(name) == 1 and name.isalnum():
        message = "volume name is too short, names should be at least two alphanumeric characters"
    else:
        message = (
            f'create {name}: "{name}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, '
            "use absolute path"
        )
    return RuntimeRefusedError(message, id="bad-name", exit_code=1)

"""The configuration of storage as podman needs it inside of its own namespace."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from rootbuild_oci import namespace

FILE = "podman-storage.conf"
_SECTION = "[storage]"


def complete(environment: Mapping[str, str] = os.environ) -> Path | None:
    """A file like the user's own with both folders in it; None outside of podman's namespace.

    `podman unshare` says in the environment which folders they are.
    """
    root, run = environment.get("CONTAINERS_GRAPHROOT"), environment.get("CONTAINERS_RUNROOT")
    if not root or not run:
        return None
    file = namespace.folder(environment) / FILE
    staged = file.with_name(f"{FILE}.{os.getpid()}")
    staged.write_text(completed(_own(environment), root, run))
    staged.replace(file)
    return file


def completed(text: str, root: str, run: str) -> str:
    """A configuration with these folders, whatever it said of them."""
    lines = [line for line in text.splitlines() if _key(line) not in ("graphroot", "runroot")]
    folders = [f"graphroot = {json.dumps(root)}", f"runroot = {json.dumps(run)}"]
    if _SECTION not in lines:
        return "\n".join([_SECTION, *folders, *lines, ""])
    at = lines.index(_SECTION) + 1
    return "\n".join([*lines[:at], *folders, *lines[at:], ""])


def _key(line: str) -> str:
    return line.partition("=")[0].strip()


def _own(environment: Mapping[str, str]) -> str:
    folder = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "/"), ".config")
    named = environment.get("CONTAINERS_STORAGE_CONF")
    try:
        return Path(named or Path(folder, "containers/storage.conf")).read_text()
    except OSError:
        return ""

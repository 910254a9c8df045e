"""A digest of all that decides which way works on a host: when it changes, ways are tried again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rootbuild import process
from rootbuild.facts import account, cgroups, devices, kernel, surroundings

PROGRAMS = (
    *("buildah", "podman", "crun", "runc", "conmon", "slirp4netns", "pasta", "fuse-overlayfs"),
    *("newuidmap", "newgidmap", "nsenter"),
)
_FILES = (
    "etc/subuid",
    "etc/subgid",
    "etc/machine-id",
    "etc/containers/containers.conf",
    "etc/containers/storage.conf",
    "etc/containers/seccomp.json",
    "usr/share/containers/containers.conf",
    "usr/share/containers/seccomp.json",
)
_OWN_FILES = ("containers.conf", "storage.conf")
# Which ports are open makes no difference to steps.
_SETTINGS = tuple(name for name in kernel.SETTINGS if not name.startswith("net."))


def fingerprint(
    root: Path = Path("/"),
    environment: Mapping[str, str] = os.environ,
    find: Callable[[str], str | None] = process.find,
) -> str:
    """The digest. It is the same outside and inside of an engine's user namespace."""
    groups = cgroups.look(root)
    home = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    files = [*(root / name for name in _FILES), *(Path(home, "containers", n) for n in _OWN_FILES)]
    parts = (
        os.uname().release,
        os.uname().nodename,
        account.look(environment).uid,
        kernel.look(root, _SETTINGS).values,
        (groups.layout, groups.controllers),
        surroundings.look(root).seccomp,
        [devices.look(root / path.relative_to("/")).refusal for path in devices.NEEDED],
        list(_states(files)),
        [(name, *_states([Path(path)])) for name in PROGRAMS if (path := find(name))],
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _states(paths: list[Path]) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of those that are there."""
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        yield str(path), found.st_mtime_ns, found.st_size

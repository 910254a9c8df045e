"""Whether we are in a user namespace that buildah made, and where private runtime files go."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ALL_IDS = 2**32 - 1


def privileged(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether working containers can be mounted right here: as root, or inside buildah's namespace.

    A user who is uid 0 of a namespace with a single id mapped (a plain `unshare -r`) is not.
    """
    if os.geteuid() != 0:
        return False
    return environment.get("_CONTAINERS_USERNS_CONFIGURED") == "done" or _mapped() > 1


def initial() -> bool:
    """Whether this is the host's own user namespace, where all ids are mapped."""
    return _mapped() == ALL_IDS


def user(environment: Mapping[str, str] = os.environ) -> int:
    """The uid outside of buildah's namespace."""
    return int(environment.get("_CONTAINERS_ROOTLESS_UID") or os.geteuid())


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """A private folder for state that need not outlast a boot.

    Below XDG_RUNTIME_DIR, or where that should be, or in the folder for temporary files.
    """
    uid = user(environment)
    wanted = environment.get("XDG_RUNTIME_DIR")
    for parent in (wanted, f"/run/user/{uid}", "/run" if uid == 0 else None):
        if parent and os.path.isdir(parent) and os.access(parent, os.W_OK | os.X_OK):
            return _private(Path(parent, "rootbuild"))
    import tempfile

    return _private(Path(tempfile.gettempdir(), f"rootbuild-{uid}"))


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # In a folder that everybody may write to, the name could have been taken by somebody else.
    if folder.is_symlink() or found.st_uid != os.geteuid():
        import tempfile

        return Path(tempfile.mkdtemp(prefix="rootbuild-"))
    return folder


def _mapped() -> int:
    """How many user ids this namespace has."""
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    return sum(int(line.split()[2]) for line in lines)

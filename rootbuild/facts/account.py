"""Who we are on the host, also when asked inside of an engine's user namespace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the host; `name` is the number where there is no name."""

    uid: int
    name: str

    @property
    def root(self) -> bool:
        """Whether it needs no user namespace."""
        return self.uid == 0


def look(environment: Mapping[str, str] = os.environ) -> Account:
    """Us. Engines note in the environment who made their user namespace."""
    uid = int(environment.get("_CONTAINERS_ROOTLESS_UID") or os.geteuid())
    return Account(uid, name_of(uid))


def name_of(uid: int) -> str:
    """A user's name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

"""Who we are on the host, also when asked inside of an engine's user namespace."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the host; `name` is the number where there is no name.

    `inside` tells whether we are in an engine's user namespace already.
    """

    uid: int
    name: str
    inside: bool = False

    @property
    def root(self) -> bool:
        """Whether it needs no user namespace."""
        return self.uid == 0


def look(environment: Mapping[str, str] = os.environ) -> Account:
    """Us. Engines note in the environment who made their user namespace."""
    here = os.geteuid()
    uid = int(environment.get("_CONTAINERS_ROOTLESS_UID") or here)
    return Account(uid, name_of(uid), inside=here != uid)


def name_of(uid: int) -> str:
    """A user's name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

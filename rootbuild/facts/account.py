"""Who we are on the host, also when asked inside of an engine's user namespace."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

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


def settle_home(environment: MutableMapping[str, str] = os.environ) -> None:
    """Note this user's home where the environment does not, so that it is known inside as well.

    There everybody is user 0, whose home is another.
    """
    if not environment.get("HOME"):
        import pwd

        try:
            environment["HOME"] = pwd.getpwuid(look(environment).uid).pw_dir
        except KeyError:
            environment["HOME"] = "/"


def name_of(uid: int) -> str:
    """A user's name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

"""What the user orders: files, then the environment, then options, each over the one before.

No `rootbuild.toml` of the current folder or of a build's context is read: that folder may be
somebody else's, and must not be able to weaken how its own steps are confined.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rootbuild.errors import HostError
from rootbuild.records import dataclass, field

KEYS = ("engine", "runtime", "isolation", "network-helper", "cache-limit")
SYSTEM_FILE = Path("/etc/rootbuild/config.toml")
_NAMED = "ROOTBUILD_CONFIG"


@dataclass(frozen=True, slots=True)
class Order:
    """A value, and where it comes from: an option, a variable, a file."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The orders by key; see `KEYS`."""

    orders: Mapping[str, Order] = field(default_factory=dict)

    def get(self, key: str) -> Order | None:
        """The order for a key. Who names a runtime wants it to be used."""
        if key == "isolation" and key not in self.orders and "runtime" in self.orders:
            return Order("oci", self.orders["runtime"].source)
        return self.orders.get(key)

    def value(self, key: str) -> str:
        """What is ordered for a key, "" if nothing."""
        order = self.get(key)
        return order.value if order else ""

    def over(self, key: str, value: str) -> Settings:
        """These orders with one put over them, for trials."""
        return Settings({**self.orders, key: Order(value, "a trial")})


def read(
    options: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
    system: Path = SYSTEM_FILE,
) -> Settings:
    """All orders; `options` are those of the command line by key, "" for one that is not given.

    Raises HostError for a file that cannot be understood.
    """
    orders: dict[str, Order] = {}
    for file in _files(environment, system):
        orders.update(_file(file))
    for key in KEYS:
        variable = f"ROOTBUILD_{key.replace('-', '_').upper()}"
        if environment.get(variable):
            orders[key] = Order(environment[variable], variable)
    for key, value in (options or {}).items():
        if value:
            orders[key] = Order(value, f"--{key}")
    return Settings(orders)


def own_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user's file is, if there is one."""
    home = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    return Path(home, "rootbuild/config.toml")


def _files(environment: Mapping[str, str], system: Path) -> list[Path]:
    """The files that are there, the weakest first. One that is named takes the place of all."""
    named = environment.get(_NAMED)
    if named:
        return [Path(named)]
    return [path for path in (system, own_file(environment)) if os.path.exists(path)]


def _file(path: Path) -> dict[str, Order]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        table = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _bad(path, str(error)) from error
    for key, value in table.items():
        if key not in KEYS:
            raise _bad(path, f"unknown key {key!r}")
        if not isinstance(value, str):
            raise _bad(path, f"{key} has to be a string")
    return {key: Order(value, str(path)) for key, value in table.items() if value}


def _bad(path: Path, why: str) -> HostError:
    return HostError(
        f"cannot use the configuration in {path}: {why}",
        id="bad-config",
        hint="known keys: " + ", ".join(KEYS),
    )

"""Where a registry is and how it is spoken to: containers' registries.conf, and loopback.

https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from rootbuild.errors import HostError, RegistryError
from rootbuild.image.reference import HUB
from rootbuild.records import dataclass
from rootbuild.registry.transport import is_local

FILE = "CONTAINERS_REGISTRIES_CONF"
_HUB_SERVER = "registry-1.docker.io"


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on a server: `host` may have a port; `insecure` allows bad TLS and none."""

    host: str
    repository: str
    insecure: bool = False

    @property
    def server(self) -> str:
        """The host that is connected to."""
        return _HUB_SERVER if self.host == HUB else self.host

    @property
    def schemes(self) -> tuple[str, ...]:
        """Ways to speak to the server, the likeliest first."""
        if is_local(self.host):
            return ("http", "https")
        return ("https", "http") if self.insecure else ("https",)


@dataclass(frozen=True, slots=True)
class Rule:
    """A table `[[registry]]`: what names with a prefix mean, and servers to read from before."""

    prefix: str
    location: str
    insecure: bool = False
    blocked: bool = False
    mirrors: tuple[tuple[str, bool], ...] = ()

    def matches(self, name: str) -> bool:
        """Whether this is about a name (`registry/repository`)."""
        if self.prefix.startswith("*."):
            return name.partition("/")[0].partition(":")[0].endswith(self.prefix[1:])
        return name == self.prefix or name.startswith(f"{self.prefix}/")


Rules = tuple[Rule, ...]


def places(registry: str, repository: str, rules: Rules) -> tuple[Place, ...]:
    """Where a repository is to be read, in this order; it is written to the last one.

    Raises RegistryError if the host's configuration forbids it.
    """
    name = f"{registry}/{repository}"
    fitting = [rule for rule in rules if rule.matches(name)]
    if not fitting:
        return (Place(registry, repository, is_local(registry)),)
    rule = max(fitting, key=lambda each: len(each.prefix))
    if rule.blocked:
        raise RegistryError(
            f"registry {rule.prefix} is blocked by registries.conf",
            id="registry-denied",
            hint="whoever looks after this host has forbidden it",
        )
    rest = "" if rule.prefix.startswith("*.") else name[len(rule.prefix) :]
    targets = [*rule.mirrors, (rule.location, rule.insecure)]
    return tuple(_place(f"{where}{rest}" if where else name, bad) for where, bad in targets)


def _place(name: str, insecure: bool) -> Place:
    host, _, repository = name.partition("/")
    return Place(host, repository, insecure or is_local(host))


def read(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Rules:
    """The rules of this user and host. Raises HostError if a file cannot be understood."""
    found: dict[str, Rule] = {}
    for file in _files(environment, root):
        found.update((rule.prefix, rule) for rule in _rules(file))
    return tuple(found.values())


def _files(environment: Mapping[str, str], root: Path) -> Iterator[Path]:
    """The main file, and those of the folders beside it; what comes later wins."""
    config = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    own, system = Path(config, "containers"), root / "etc/containers"
    named = environment.get(FILE)
    if named:
        yield Path(named)
    elif os.path.isfile(own / "registries.conf"):
        yield own / "registries.conf"
    elif os.path.isfile(system / "registries.conf"):
        yield system / "registries.conf"
    folders = [each / "registries.conf.d" for each in (system, own)]
    extra = environment.get(f"{FILE}_DIR")
    for folder in [Path(extra)] if extra else folders:
        yield from sorted(folder.glob("*.conf"))


def _rules(file: Path) -> Iterator[Rule]:
    table = _parsed(file)
    for entry in _tables(table.get("registry")):
        location = str(entry.get("location") or "")
        prefix = str(entry.get("prefix") or location)
        if prefix:
            yield Rule(
                prefix.rstrip("/"),
                location.rstrip("/"),
                entry.get("insecure") is True,
                entry.get("blocked") is True,
                tuple(
                    (str(mirror["location"]).rstrip("/"), mirror.get("insecure") is True)
                    for mirror in _tables(entry.get("mirror"))
                    if mirror.get("location")
                ),
            )


def _parsed(file: Path) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found: Mapping[str, object] = tomllib.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HostError(f"cannot read {file}: {error}", id="bad-config") from error
    return found


def _tables(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []

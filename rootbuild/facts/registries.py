"""Which files say how to reach registries. Their values, credentials above all, are not read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from rootbuild.facts.account import Account
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Registries:
    """Files that are there; `exposed` are those with credentials that others may read."""

    configuration: tuple[Path, ...] = ()
    credentials: tuple[Path, ...] = ()
    exposed: tuple[Path, ...] = ()


def look(
    account: Account, environment: Mapping[str, str] = os.environ, root: Path = Path("/")
) -> Registries:
    """The files of this user and of the host."""
    home = environment.get("HOME", "")
    config = Path(environment.get("XDG_CONFIG_HOME") or f"{home}/.config")
    runtime = environment.get("XDG_RUNTIME_DIR") or f"{root}run/user/{account.uid}"
    named = environment.get("REGISTRY_AUTH_FILE")
    docker = Path(environment.get("DOCKER_CONFIG") or f"{home}/.docker", "config.json")
    credentials = _present(
        *([Path(named)] if named else []),
        Path(runtime, "containers/auth.json"),
        config / "containers/auth.json",
        docker,
    )
    return Registries(
        _present(
            config / "containers/registries.conf",
            root / "etc/containers/registries.conf",
            *sorted((root / "etc/containers/registries.conf.d").glob("*.conf")),
        ),
        credentials,
        tuple(path for path in credentials if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)),
    )


def _present(*paths: Path) -> tuple[Path, ...]:
    return tuple(path for path in paths if os.path.isfile(path))

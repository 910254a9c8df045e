"""`config.json` in DOCKER_CONFIG or ~/.docker: credentials and proxies."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rootbuild.errors import HostError

_PROXIES = {
    "httpProxy": "HTTP_PROXY",
    "httpsProxy": "HTTPS_PROXY",
    "ftpProxy": "FTP_PROXY",
    "noProxy": "NO_PROXY",
    "allProxy": "ALL_PROXY",
}


def path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the file is, if there is one."""
    given = environment.get("DOCKER_CONFIG")
    return Path(given or Path(environment.get("HOME") or "/", ".docker"), "config.json")


def read(file: Path | None = None) -> dict[str, Any]:
    """Its content; empty if there is no file. Raises HostError if it cannot be understood."""
    place = file or path()
    try:
        found = json.loads(place.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("no JSON object")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except ValueError as error:
        raise HostError(
            f"cannot read {place}: {error}",
            id="docker-config",
            hint="mend the file, or name another folder in DOCKER_CONFIG",
        ) from error
    return found


def write(content: Mapping[str, Any], file: Path | None = None) -> None:
    """Replace the file as a whole; nobody else may read it."""
    place = file or path()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = place.with_name(f".{place.name}.{os.getpid()}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(json.dumps(content, indent="\t"))
    new.replace(place.resolve() if place.is_symlink() else place)


def proxies(content: Mapping[str, Any]) -> dict[str, str]:
    """The variables, in both letter cases, that builds and containers are to have."""
    table = content.get("proxies")
    chosen = table.get("default") if isinstance(table, dict) else None
    found: dict[str, str] = {}
    for key, name in _PROXIES.items():
        value = chosen.get(key) if isinstance(chosen, dict) else None
        if value:
            found[name] = found[name.lower()] = str(value)
    return found

"""All CDI devices of this host: read from folders, of which later ones win over earlier ones."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rootbuild.cdi.spec import SpecError, Specified, read_spec
from rootbuild.records import dataclass

FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
FOLDERS_VARIABLE = "CDI_SPEC_DIRS"


@dataclass(frozen=True, slots=True)
class Registry:
    """Devices by whole name, in the order of their names; what could not be read, and why."""

    devices: Mapping[str, Specified]
    problems: tuple[str, ...] = ()


def folders(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where specifications are: those of CDI_SPEC_DIRS, or the host's and then this user's own."""
    given = environment.get(FOLDERS_VARIABLE)
    if given:
        return tuple(Path(name) for name in given.split(os.pathsep) if name)
    home = environment.get("HOME", "")
    config = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    return (*FOLDERS, *([Path(config, "cdi")] if config else []))


def load(places: Sequence[Path]) -> Registry:
    """Read all specifications. A file that cannot be read is a problem, and no reason to stop."""
    devices: dict[str, Specified] = {}
    problems: list[str] = []
    for folder in places:
        found, clashes = _folder(folder, problems)
        devices.update(found)
        for name in clashes:
            devices.pop(name, None)
    return Registry(dict(sorted(devices.items())), tuple(problems))


def _folder(folder: Path, problems: list[str]) -> tuple[dict[str, Specified], set[str]]:
    """The devices of one folder, and the names that two of its files claim: those are nobody's."""
    found: dict[str, Specified] = {}
    clashes: set[str] = set()
    for path in _files(folder):
        try:
            devices = read_spec(_content(path), path)
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {error}")
            continue
        for device in devices:
            if device.whole in found:
                other = found[device.whole].source
                problems.append(f"{device.whole} is in both {other} and {path}")
                clashes.add(device.whole)
            found[device.whole] = device
    return {name: device for name, device in found.items() if name not in clashes}, clashes


def _files(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if name.endswith((".json", ".yaml", ".yml"))]


def _content(path: Path) -> object:
    data = path.read_bytes()
    if path.suffix == ".json":
        return json.loads(data)
    try:
        import yaml
    except ImportError:
        raise SpecError("to read YAML, install rootbuild[yaml] (PyYAML)") from None
    try:
        return yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise SpecError(f"not YAML: {error}") from error

"""npm's installed packages: the package.json of each folder in a node_modules.

Format: https://docs.npmjs.com/cli/configuring-npm/package-json.
"""

from __future__ import annotations

import json

from rootbuild.sbom.package import Package

FILE = "package.json"
MODULES = "node_modules"


def is_module(folders: tuple[str, ...]) -> bool:
    """Whether a folder (its names from the root) is a package's: `node_modules/[@SCOPE/]NAME`."""
    if len(folders) < 2 or folders[-1].startswith((".", "@")):
        return False
    scoped = folders[-2].startswith("@")
    return len(folders) > scoped + 1 and folders[-2 - scoped] == MODULES


def parse_npm(text: str, path: str) -> Package | None:
    """A package, or nothing if that is none. `path` is where it is, from `/`."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    name, version = found.get("name"), found.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
        return None
    scope, slash, short = name.rpartition("/")
    return Package(
        kind="npm",
        name=short if slash else name,
        version=version,
        namespace=scope,
        database=path,
        licence=_licence(found.get("license")),
        supplier=_author(found.get("author")),
    )


def _licence(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("type")
    return value if isinstance(value, str) else ""


def _author(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""

"""Python's installed distributions: the METADATA in `*.dist-info`, PKG-INFO in `*.egg-info`.

Format: https://packaging.python.org/en/latest/specifications/core-metadata/.
"""

from __future__ import annotations

from rootbuild.sbom.fields import first
from rootbuild.sbom.package import Package

_UNKNOWN = ("", "UNKNOWN")


def description(name: str, *, directory: bool) -> tuple[str, ...] | None:
    """The way from an entry of that name to what tells of a distribution, if it is one's.

    Of old, `*.egg-info` could also be that file itself.
    """
    if name.endswith(".egg-info"):
        return ("PKG-INFO",) if directory else ()
    return ("METADATA",) if directory and name.endswith(".dist-info") else None


def parse_python(text: str, path: str) -> Package | None:
    """A distribution, or nothing if that is no metadata. `path` is where it is, from `/`."""
    record = first(text.replace("\r\n", "\n"))
    name, version = record.get("name", ""), record.get("version", "")
    if not name or not version:
        return None
    licence = record.get("license-expression") or record.get("license", "")
    return Package(
        kind="pypi",
        name=name,
        version=version,
        database=path,
        licence="" if licence in _UNKNOWN else licence,
        supplier=record.get("author", "") if record.get("author") not in _UNKNOWN else "",
    )

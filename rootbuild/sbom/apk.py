"""Packages of Alpine and its kin: apk's list of what is installed.

Format: https://wiki.alpinelinux.org/wiki/Apk_spec (the letters of the installed database).
"""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.files.rootfs import Rootfs
from rootbuild.sbom.files import SIZE_LIMIT, read_text
from rootbuild.sbom.package import Distribution, Package

INSTALLED = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")


def read_apk(rootfs: Rootfs, distribution: Distribution) -> Iterator[Package]:
    """The installed packages. Raises BuildError for a file that is too large."""
    for path in INSTALLED:
        text = read_text(rootfs, path, SIZE_LIMIT)
        if text is not None:
            yield from parse_apk(text, path, distribution)
            return


def parse_apk(text: str, database: str, distribution: Distribution) -> Iterator[Package]:
    """The packages of the list: a letter, a colon, a value; letters are told apart by case."""
    for block in text.split("\n\n"):
        record: dict[str, str] = {}
        for line in block.splitlines():
            letter, colon, value = line.partition(":")
            if colon:
                record.setdefault(letter, value.strip())
        name, version = record.get("P", ""), record.get("V", "")
        if not name or not version:
            continue
        architecture, origin = record.get("A", ""), record.get("o", "")
        yield Package(
            kind="apk",
            name=name,
            version=version,
            namespace=distribution.id or "alpine",
            qualifiers=(
                *((("arch", architecture),) if architecture else ()),
                *((("upstream", origin),) if origin not in ("", name) else ()),
                *distribution.qualifiers,
            ),
            database=database,
            licence=record.get("L", ""),
            supplier=record.get("m", ""),
        )

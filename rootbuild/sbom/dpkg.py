"""Packages of Debian and its kin: dpkg's status file.

Format: deb-control(5), dpkg(1). Images without dpkg have a file for each package in `status.d`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.files.rootfs import Rootfs
from rootbuild.sbom.fields import records
from rootbuild.sbom.files import SIZE_LIMIT, names_in, read_text
from rootbuild.sbom.package import Distribution, Package

STATUS = "/var/lib/dpkg/status"
PIECES = "/var/lib/dpkg/status.d"
_CHECKSUMS = ".md5sums"


def read_dpkg(rootfs: Rootfs, distribution: Distribution) -> Iterator[Package]:
    """The installed packages. Raises BuildError for a file that is too large."""
    whole = read_text(rootfs, STATUS, SIZE_LIMIT)
    if whole is not None:
        yield from parse_dpkg(whole, STATUS, distribution)
    for name in names_in(rootfs, PIECES):
        path = f"{PIECES}/{name}"
        text = None if name.endswith(_CHECKSUMS) else read_text(rootfs, path, SIZE_LIMIT)
        if text is not None:
            yield from parse_dpkg(text, path, distribution)


def parse_dpkg(text: str, database: str, distribution: Distribution) -> Iterator[Package]:
    """The packages of a status file that are installed; removed ones have an entry, too."""
    for record in records(text):
        name, version = record.get("package", ""), record.get("version", "")
        state = record.get("status", "install ok installed").split()
        if not name or not version or state[-1:] != ["installed"]:
            continue
        architecture = record.get("architecture", "")
        source, _, source_version = record.get("source", "").partition(" ")
        upstream = "@".join(filter(None, (source, source_version.strip("()"))))
        yield Package(
            kind="deb",
            name=name,
            version=version,
            namespace=distribution.id or "debian",
            qualifiers=(
                *((("arch", architecture),) if architecture else ()),
                *((("upstream", upstream),) if upstream else ()),
                *distribution.qualifiers,
            ),
            database=database,
            supplier=record.get("maintainer", ""),
        )

"""Packages of Fedora, SUSE and their kin: rpm's database in SQLite form.

Format of a header: https://rpm-software-management.github.io/rpm/manual/format_v4.html. The
database has one in each row of its table `Packages`. Older forms of the database (Berkeley DB, ndb)
are not read, which a remark tells.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from collections.abc import Iterator, Mapping

from rootbuild.errors import BuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.records import dataclass
from rootbuild.sbom.files import SIZE_LIMIT
from rootbuild.sbom.package import Distribution, Package

FOLDERS = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
DATABASE = "rpmdb.sqlite"
OLDER = ("Packages", "Packages.db")

# https://github.com/rpm-software-management/rpm/blob/master/include/rpm/rpmtag.h
_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_VENDOR, _LICENCE, _ARCHITECTURE, _SOURCE = 1011, 1014, 1022, 1044
_INT32, _STRING, _I18N = 4, 6, 9
_ENTRY = struct.Struct(">4I")
_NOT_SOFTWARE = "gpg-pubkey"  # keys are in the database as if they were packages


@dataclass(frozen=True, slots=True)
class Found:
    """A database that can be read, and the path of one that cannot."""

    database: str = ""
    unreadable: str = ""


def find_rpm(rootfs: Rootfs) -> Found:
    """Which database an image has."""
    for folder in FOLDERS:
        if rootfs.exists(f"{folder}/{DATABASE}"):
            return Found(database=f"{folder}/{DATABASE}")
        for name in OLDER:
            if rootfs.exists(f"{folder}/{name}"):
                return Found(unreadable=f"{folder}/{name}")
    return Found()


def read_rpm(rootfs: Rootfs, database: str, distribution: Distribution) -> Iterator[Package]:
    """The installed packages. Raises BuildError for what is no such database."""
    with contextlib.closing(_hold(rootfs, database)) as held:
        try:
            # Immutable: nothing is locked or written beside it, and no other file is opened.
            address = f"file:/proc/self/fd/{held.number}?mode=ro&immutable=1"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
                for (blob,) in connection.execute("SELECT blob FROM Packages"):
                    package = _package(parse_header(blob), database, distribution)
                    if package is not None:
                        yield package
        except (sqlite3.Error, ValueError, struct.error) as error:
            raise BuildError(f"{database} is no database of rpm: {error}") from error


class _Held:
    def __init__(self, number: int) -> None:
        self.number = number

    def close(self) -> None:
        os.close(self.number)


def _hold(rootfs: Rootfs, database: str) -> _Held:
    try:
        held = _Held(rootfs.hold(database))
    except OSError as error:
        raise BuildError(f"cannot read {database}: {error.strerror}") from error
    if os.fstat(held.number).st_size > SIZE_LIMIT:
        held.close()
        raise BuildError(f"{database} is larger than {SIZE_LIMIT} bytes: not read")
    return held


def parse_header(blob: object) -> Mapping[int, str]:
    """The text and the first number of each tag of a header.

    Raises ValueError or struct.error for what is no header.
    """
    if not isinstance(blob, bytes):
        raise ValueError("a header is missing")
    count, size = struct.unpack_from(">2I", blob)
    start = 8 + count * _ENTRY.size
    if start + size > len(blob):
        raise ValueError("a header is cut off")
    found: dict[int, str] = {}
    for tag, kind, offset, _ in _ENTRY.iter_unpack(blob[8:start]):
        at = start + offset
        if kind in (_STRING, _I18N):
            found[tag] = blob[at : blob.index(b"\0", at)].decode("utf-8", "replace")
        elif kind == _INT32:
            found[tag] = str(struct.unpack_from(">I", blob, at)[0])
    return found


def _package(
    header: Mapping[int, str], database: str, distribution: Distribution
) -> Package | None:
    name, version = header.get(_NAME, ""), header.get(_VERSION, "")
    if not name or not version or name == _NOT_SOFTWARE:
        return None
    release = header.get(_RELEASE, "")
    wanted = (
        ("arch", header.get(_ARCHITECTURE, "")),
        ("epoch", header.get(_EPOCH, "")),
        ("upstream", header.get(_SOURCE, "")),
    )
    return Package(
        kind="rpm",
        name=name,
        version="-".join(filter(None, (version, release))),
        namespace=distribution.id,
        qualifiers=(*((key, value) for key, value in wanted if value), *distribution.qualifiers),
        database=database,
        licence=header.get(_LICENCE, ""),
        supplier=header.get(_VENDOR, ""),
    )

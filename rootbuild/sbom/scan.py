"""Finding all packages of a root filesystem: the system's databases, and one walk for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rootbuild.errors import BuildError
from rootbuild.files.entries import listing
from rootbuild.files.paths import Parts, join
from rootbuild.files.rootfs import Rootfs, Trail
from rootbuild.sbom import npm, python
from rootbuild.sbom.apk import read_apk
from rootbuild.sbom.dpkg import read_dpkg
from rootbuild.sbom.files import SMALL, read_text
from rootbuild.sbom.package import Inventory, Package
from rootbuild.sbom.release import read_distribution
from rootbuild.sbom.rpm import find_rpm, read_rpm

Parser = Callable[[str, str], Package | None]

_NOT_FILES: frozenset[Parts] = frozenset({("dev",), ("proc",), ("sys",)})


def scan(rootfs: Rootfs) -> Inventory:
    """What is installed in a root filesystem (open). A database that is broken is a remark."""
    remarks: list[str] = []
    found: set[Package] = set()
    distribution = read_distribution(rootfs)
    rpm = find_rpm(rootfs)
    if rpm.unreadable:
        remarks.append(f"{rpm.unreadable} is a database of rpm in an older form: not read")
    for packages in (
        read_dpkg(rootfs, distribution),
        read_apk(rootfs, distribution),
        read_rpm(rootfs, rpm.database, distribution) if rpm.database else iter(()),
        _languages(rootfs, remarks),
    ):
        found.update(_readable(packages, remarks))
    return Inventory(distribution, tuple(sorted(found)), tuple(remarks))


def _readable(packages: Iterable[Package], remarks: list[str]) -> Iterator[Package]:
    try:
        yield from packages
    except BuildError as error:
        remarks.append(error.report.message)


def _languages(rootfs: Rootfs, remarks: list[str]) -> Iterator[Package]:
    """Packages of Python and npm, wherever they are installed."""
    for path, parse in _descriptions(rootfs):
        try:
            text = read_text(rootfs, path, SMALL)
        except BuildError as error:
            remarks.append(error.report.message)
            continue
        package = parse(text, path) if text is not None else None
        if package is not None:
            yield package


def _descriptions(rootfs: Rootfs) -> Iterator[tuple[str, Parser]]:
    """The files that tell of a package, and who reads them."""
    with rootfs.trail() as trail:
        for parts, directory in _entries(trail):
            description = python.description(parts[-1], directory=directory)
            if description is not None:
                yield f"/{join((*parts, *description))}", python.parse_python
            elif directory and npm.is_module(parts):
                yield f"/{join((*parts, npm.FILE))}", npm.parse_npm


def _entries(trail: Trail) -> Iterator[tuple[Parts, bool]]:
    """All below a root but what the kernel fills, and whether each is a directory."""
    waiting: list[Parts] = [()]
    while waiting:
        folder = waiting.pop()
        for name, directory in _listed(trail, folder):
            parts = (*folder, name)
            if parts not in _NOT_FILES:
                yield parts, directory
                if directory:
                    waiting.append(parts)


def _listed(trail: Trail, folder: Parts) -> list[tuple[str, bool]]:
    """The names in a folder, links not followed; none if it cannot be listed."""
    try:
        with listing(trail.at(folder)) as (_, entries):
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError:
        return []

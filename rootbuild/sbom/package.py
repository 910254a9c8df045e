"""An installed package, and all that was found in an image."""

from __future__ import annotations

from rootbuild.records import dataclass

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package as its database tells of it.

    `kind`, `namespace` and `qualifiers` are those of its package URL (`deb`, `debian`,
    `(("arch", "amd64"),)`); `database` is the path in the root filesystem, from `/`, of what tells
    of it; `licence` is as written there; `supplier` is a person or an organization.
    """

    kind: str
    name: str
    version: str
    namespace: str = ""
    qualifiers: Pairs = ()
    database: str = ""
    licence: str = ""
    supplier: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What /etc/os-release says: `id` is `debian`, `version` is `12`, `name` is for people."""

    id: str = ""
    version: str = ""
    name: str = ""

    @property
    def qualifiers(self) -> Pairs:
        """How package URLs name it."""
        return (("distro", "-".join(filter(None, (self.id, self.version)))),) if self.id else ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """All packages of an image, in order, and what could not be read (`remarks`)."""

    distribution: Distribution
    packages: tuple[Package, ...]
    remarks: tuple[str, ...] = ()

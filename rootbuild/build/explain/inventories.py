"""What the files are that this build has read, until that is kept."""

from __future__ import annotations

from rootbuild.files.digest import DigestCache, Meter
from rootbuild.files.inventory import Inventory
from rootbuild.files.selection import Selection


class Inventories:
    """Packed inventories by the digest of the files together. Safe to use from threads."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self.context: dict[str, int] = {}

    def digest(
        self,
        selection: Selection,
        known: DigestCache | None,
        *,
        owners: bool,
        meter: Meter | None = None,
        context: bool = False,
    ) -> str:
        """The digest of a selection (see there), whose inventory is noted on the way.

        Of what comes out of the build's `context`, the sizes of files are noted as well.
        """
        inventory = Inventory()
        digest = selection.digest(known, owners=owners, inventory=inventory, meter=meter)
        if context:
            self.context.update(inventory.sizes)
        packed = inventory.pack()
        if packed is not None:
            self._packed[digest] = packed
        return digest

    def find(self, digest: str) -> bytes | None:
        """What was noted."""
        return self._packed.get(digest)

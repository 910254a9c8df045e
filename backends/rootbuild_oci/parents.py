"""Which images `buildah rmi` would take along.

Removing an image, buildah goes on with the image that it takes for its parent, if that has no name
and no other child. We may want to keep that one: it can be the result of a cached step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Lineage:
    """What buildah looks at: the layers, and the history (as JSON texts)."""

    diff_ids: tuple[str, ...]
    history: tuple[str, ...]

    def directly_below(self, child: Lineage) -> bool:
        """Whether buildah takes us for the parent of `child`: one entry of history less."""
        layers, entries = len(self.diff_ids), len(self.history)
        return (
            child.diff_ids[:layers] == self.diff_ids
            and len(child.history) == entries + 1
            and child.history[:entries] == self.history
        )


def lineage(config: bytes) -> Lineage:
    """The lineage of an image, from its config."""
    content = json.loads(config)
    return Lineage(
        tuple((content.get("rootfs") or {}).get("diff_ids") or ()),
        tuple(json.dumps(entry, sort_keys=True) for entry in content.get("history") or ()),
    )


def taken_along(image: str, lineages: Mapping[str, Lineage], kept: Sequence[str]) -> list[str]:
    """Those of the nameless images `kept` that removing `image` could take along."""
    below = lineages.get(image)
    if below is None:
        return []
    return [other for other in kept if other != image and lineages[other].directly_below(below)]

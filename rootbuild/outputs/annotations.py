"""Which annotations go where."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.image.config import Pairs
from rootbuild.image.platform import Platform
from rootbuild.outputs.request import Annotated, Annotation


def chosen(annotations: Sequence[Annotation], where: Annotated, platform: Platform | None) -> Pairs:
    """The annotations for one kind of place and a platform, by key; the last one given counts."""
    found: dict[str, str] = {}
    for each in annotations:
        if each.where == where and each.platform in ("", str(platform)):
            found[each.key] = each.value
    return tuple(sorted(found.items()))

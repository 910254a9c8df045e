"""`--build-context`: names that stand for something else than the Dockerfile alone would say.

What a name stands for is looked for when a stage that is needed uses it, and not before.
"""

from __future__ import annotations

from rootbuild.context.named import RESERVED, Given, NamedContexts
from rootbuild.context.origin import Nothing, named_origin
from rootbuild.errors import UsageError
from rootbuild.graph.stages import SCRATCH, ContextBase, ImageBase, ScratchBase, Source
from rootbuild.image.layout import is_layout
from rootbuild.image.platform import Platform
from rootbuild.image.reference import normalize
from rootbuild.records import dataclass

IMAGE = "docker-image://"
Replacement = ScratchBase | ImageBase | ContextBase


@dataclass(frozen=True, slots=True)
class PlatformContexts:
    """Contexts as a stage sees them."""

    contexts: NamedContexts
    platform: Platform

    def of_stage(self, platform: Platform | None) -> PlatformContexts:
        """Those that count for a stage with a --platform of its own."""
        return self if platform is None else PlatformContexts(self.contexts, platform)

    def base(self, name: str, platform: str = "") -> Replacement | None:
        """What a stage of this name, or on a base of this name, begins with; None: no context.

        `platform` is that of the stage if it is not the build's own target. Raises DockerfileError
        for a git URL that is malformed.
        """
        found = self._find(name)
        if found is None:
            return None
        if found.value.startswith(IMAGE):
            reference = found.value.removeprefix(IMAGE)
            return ScratchBase() if reference == SCRATCH else ImageBase(reference, platform)
        if is_layout(found.value):
            return ImageBase(found.value, platform)
        return ContextBase(found.name, named_origin(found.value))

    def source(self, name: str) -> Source | None:
        """What a `from` of this name takes files from; as `base`."""
        base = self.base(name)
        return ContextBase(name, Nothing()) if isinstance(base, ScratchBase) else base

    def _find(self, name: str) -> Given | None:
        given = self.contexts.given
        if not given or name.lower() in RESERVED:
            return None
        try:
            whole = normalize(name)
        except UsageError:
            return None
        return given.get(f"{whole}::{self.platform}") or given.get(whole)

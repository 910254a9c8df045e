"""`--build-context`: names that stand for something else than the Dockerfile alone would say.

What a name stands for is looked for when a stage that is needed uses it, and not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rootbuild.context.origin import Nothing, named_origin
from rootbuild.errors import UsageError
from rootbuild.graph.stages import SCRATCH, ContextBase, ImageBase, ScratchBase, Source
from rootbuild.image.layout import is_layout
from rootbuild.image.platform import Platform, parse_platform
from rootbuild.image.reference import normalize

RESERVED = (SCRATCH, "context")
IMAGE = "docker-image://"
Replacement = ScratchBase | ImageBase | ContextBase


@dataclass(frozen=True, slots=True)
class Given:
    """A context as it was given: its name, and what the name stands for."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class NamedContexts:
    """Contexts by their normalised names, `::PLATFORM` behind those that are for one only."""

    given: Mapping[str, Given] = field(default_factory=dict)

    @property
    def reserved(self) -> tuple[str, ...]:
        """Names that were given in vain, as nothing takes their place."""
        return tuple(found.name for found in self.given.values() if found.name in RESERVED)

    def on(self, platform: Platform) -> PlatformContexts:
        """Those that count for a stage of a platform."""
        return PlatformContexts(self, platform)


@dataclass(frozen=True, slots=True)
class PlatformContexts:
    """Contexts as a stage sees them."""

    contexts: NamedContexts
    platform: Platform

    def of_stage(self, platform: Platform | None) -> PlatformContexts:
        """Those that count for a stage with a --platform of its own."""
        return self if platform is None else self.contexts.on(platform)

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


NO_CONTEXTS = NamedContexts()


def read_contexts(texts: Iterable[str]) -> NamedContexts:
    """Read `NAME[::PLATFORM]=VALUE` options; the last one of a name counts. Raises UsageError."""
    given: dict[str, Given] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value:
            raise UsageError(
                f"invalid context value: {text}, expected key=value",
                hint="a value is a folder, a URL, docker-image://NAME or oci-layout://FOLDER",
            )
        given[_key(name)] = Given(name, value)
    return NamedContexts(given)


def _key(name: str) -> str:
    image, colons, platform = name.partition("::")
    try:
        whole = normalize(image)
        return f"{whole}::{parse_platform(platform)}" if colons else whole
    except UsageError as error:
        raise UsageError(f"invalid context name {name}: {error.report.message}") from error
    except ValueError as error:
        raise UsageError(f"invalid context name {name}: {error}") from error

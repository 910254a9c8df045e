"""`--build-context`: names and what they stand for, as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rootbuild.errors import UsageError
from rootbuild.image.platform import parse_platform
from rootbuild.image.reference import normalize
from rootbuild.records import dataclass, field

RESERVED = ("scratch", "context")


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

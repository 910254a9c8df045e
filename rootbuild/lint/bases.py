"""Rules about FROM: which variables it uses, which platform, which image."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from rootbuild.dockerfile.expand import ExpandError, Expansion, trace
from rootbuild.dockerfile.instructions import Arg, Dockerfile, From
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.suggest import nearest
from rootbuild.errors import DockerfileError, Location, UsageError
from rootbuild.graph.arguments import global_args
from rootbuild.image.platform import parse_platform
from rootbuild.image.reference import parse as parse_reference
from rootbuild.lint.rules import Warning, warning

_TARGET = "TARGETPLATFORM"


def from_rules(
    dockerfile: Dockerfile, predefined: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[Warning]:
    """Warnings about all FROMs; `predefined` are the platform ARGs, `given` the build arguments."""
    values = _values(dockerfile, predefined, given)
    defaults = _values(dockerfile, predefined, {})
    declared = {*predefined, *_declared(dockerfile)}
    for start in dockerfile.instructions:
        if not isinstance(start, From):
            continue
        if defaults is not None:
            yield from _default_name(start, _traced(start.image, defaults, dockerfile.escape))
        if values is not None:
            image = _traced(start.image, values, dockerfile.escape)
            platform = _traced(start.platform, values, dockerfile.escape)
            yield from _undeclared((image, platform), declared, start.location)
            yield from _platform(start, platform, values)


def declared_globals(dockerfile: Dockerfile) -> Iterator[Arg]:
    """The ARGs in front of the first FROM."""
    for instruction in dockerfile.instructions:
        if isinstance(instruction, From):
            return
        if isinstance(instruction, Arg):
            yield instruction


def _declared(dockerfile: Dockerfile) -> Iterator[str]:
    return (pair.key for arg in declared_globals(dockerfile) for pair in arg.pairs)


def _values(
    dockerfile: Dockerfile, predefined: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str] | None:
    """None if a default cannot be expanded, which stops the build by itself."""
    try:
        return global_args(dockerfile, predefined, given)
    except DockerfileError:
        return None


def _traced(word: str | None, values: Mapping[str, str], escape: str) -> Expansion | None:
    if word is None:
        return None
    try:
        return trace(word, values, escape=escape)
    except ExpandError:
        return None


def _default_name(start: From, image: Expansion | None) -> Iterator[Warning]:
    if image is None or not image.used | image.unset:
        return
    try:
        parse_reference(image.text)
    except UsageError:
        message = f"Default value for ARG {start.image} results in empty or invalid base image name"
        yield warning("InvalidDefaultArgInFrom", message, start.location)


def _undeclared(
    words: Iterable[Expansion | None], declared: Collection[str], location: Location
) -> Iterator[Warning]:
    for word in words:
        for name in sorted(word.unset - set(declared)) if word else ():
            message = f"FROM argument '{name}' is not declared"
            if guess := nearest(name, declared):
                message += f" (did you mean {guess}?)"
            yield warning("UndefinedArgInFrom", message, location)


def _platform(
    start: From, platform: Expansion | None, values: Mapping[str, str]
) -> Iterator[Warning]:
    if platform is None or start.platform is None:
        return
    if platform.used | platform.unset == {_TARGET} and platform.text == values.get(_TARGET):
        message = (
            f"Setting platform to predefined {start.platform} in FROM is redundant as this is "
            "the default behavior"
        )
        yield warning("RedundantTargetPlatform", message, start.location)
    if not platform.used | platform.unset and not _named_after(start, platform.text):
        message = f"FROM --platform flag should not use constant value {quoted(platform.text)}"
        yield warning("FromPlatformFlagConstDisallowed", message, start.location)


def _named_after(start: From, text: str) -> bool:
    """Does the stage's name tell its platform? What is no platform fails by itself."""
    try:
        platform = parse_platform(text)
    except ValueError:
        return True
    name = (start.name or "").lower()
    return platform.os in name or platform.architecture in name

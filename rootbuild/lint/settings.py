"""Which rules count: `# check=` atop a file or an instruction, or a build argument."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rootbuild.booleans import read_boolean
from rootbuild.dockerfile.directives import CHECK, find_directive
from rootbuild.dockerfile.instructions import Dockerfile
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.space import SPACE
from rootbuild.errors import DockerfileError, Location
from rootbuild.lint.rules import RULES, Warning
from rootbuild.records import dataclass, replace

BUILD_ARG = "BUILDKIT_DOCKERFILE_CHECK"
_ALL = "all"
_COMMENT = re.compile(rf"check[{SPACE}]*=[{SPACE}]*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """Rules to skip, experimental rules to switch on (`all` stands for every one), and `error`.

    With `error` a build with warnings fails.
    """

    skip: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    error: bool = False

    def wants(self, warning: Warning) -> bool:
        """Does the warning's rule count? Skipping does not touch experimental rules."""
        if RULES[warning.rule].experimental:
            return bool(self.experimental & {warning.rule, _ALL})
        return not self.skip & {warning.rule, _ALL}

    def with_comments(self, comments: Iterable[str]) -> Settings:
        """The settings for an instruction with these comments above it.

        They can skip and switch on rules; a comment that cannot be read as that is just a comment.
        """
        found = self
        for comment in comments:
            text = check_comment(comment)
            if text is None:
                continue
            try:
                more = parse_settings(text)
            except DockerfileError:
                continue
            found = replace(
                found,
                skip=found.skip | more.skip,
                experimental=found.experimental | more.experimental,
            )
        return found


def check_comment(comment: str) -> str | None:
    """What follows `check=` in a comment (without its `#`), None for any other comment."""
    found = _COMMENT.fullmatch(comment)
    return found[1] if found else None


def parse_settings(text: str) -> Settings:
    """Read `skip=A,B;error=true;experimental=all`. Raises DockerfileError."""
    settings = Settings()
    if not text.strip(SPACE):
        return settings
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        if not equals:
            raise _invalid(part)
        settings = _with_option(settings, key.strip(SPACE), value.strip(SPACE), part)
    return settings


def settings_of(dockerfile: Dockerfile, build_args: Mapping[str, str]) -> Settings:
    """The settings of a whole file; the build argument replaces the directive.

    Raises DockerfileError at the directive.
    """
    given = build_args.get(BUILD_ARG)
    if given is not None:
        return parse_settings(given)
    try:
        return parse_settings(dockerfile.directives.get(CHECK, ""))
    except DockerfileError as error:
        location = directive_location(dockerfile)
        if location is not None:
            error.locate(location, dockerfile.source)
        raise


def directive_location(dockerfile: Dockerfile) -> Location | None:
    """Where the file's `check` directive stands."""
    if CHECK not in dockerfile.directives:
        return None
    found = find_directive(CHECK, dockerfile.source.encode("utf-8", "replace"))
    return Location(dockerfile.name, found.line, found.line) if found else None


def _with_option(settings: Settings, key: str, value: str, part: str) -> Settings:
    rules = frozenset(rule.strip(SPACE) for rule in value.split(","))
    if key == "skip":
        return replace(settings, skip=rules)
    if key == "experimental":
        return replace(settings, experimental=rules)
    if key == "error":
        wanted = read_boolean(value)
        if wanted is not None:
            return replace(settings, error=wanted)
        raise _error(f"failed to parse check option {quoted(part)}: invalid syntax")
    raise _invalid(key)


def _invalid(option: str) -> DockerfileError:
    return _error(f"invalid check option {quoted(option)}")


def _error(message: str) -> DockerfileError:
    return DockerfileError(
        message,
        id="bad-check",
        hint="write check=skip=RULE,RULE;experimental=RULE;error=true, or all for RULE",
    )

"""Definition files: which there are, and what all of them together define."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from rootbuild.bake import json_syntax, syntax
from rootbuild.bake.definition import define
from rootbuild.bake.definitions import Definitions
from rootbuild.bake.failure import BakeError, Source
from rootbuild.bake.interpolate import expand
from rootbuild.bake.nodes import Body
from rootbuild.bake.target import Definition
from rootbuild.booleans import truth
from rootbuild.records import dataclass

DEFAULTS = (
    "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
    "docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl",
)  # fmt: skip
FILES = "BUILDX_BAKE_FILE"
SEPARATOR = "BUILDX_BAKE_PATH_SEPARATOR"
NO_LOOKUP = "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP"
LIMIT = 4 << 20


@dataclass(frozen=True, slots=True)
class Environment:
    """What variables of definitions may come from: `--var`, and the process's environment."""

    given: Mapping[str, str]
    process: Mapping[str, str]

    def lookup(self, name: str) -> str | None:
        """What is said about a variable, or None."""
        if name in self.given:
            return self.given[name]
        return self.seen().get(name)

    def seen(self) -> Mapping[str, str]:
        """The process's environment, unless it says that it does not count."""
        return {} if _on(self.process.get(NO_LOOKUP, "")) else self.process

    def compose(self) -> dict[str, str]:
        """The environment of compose files: `.env` counts least."""
        return {**_dotenv(self.seen()), **self.seen(), **self.given}


def _on(text: str) -> bool:
    try:
        return bool(text) and truth(text)
    except ValueError:
        return False


def find(names: Sequence[str], environment: Mapping[str, str], stdin: IO[bytes]) -> list[Source]:
    """The files that are named, or else those by the usual names. Raises BakeError."""
    if not names and environment.get(FILES):
        separator = environment.get(SEPARATOR) or os.pathsep
        names = [name.strip() for name in environment[FILES].split(separator) if name.strip()]
    if not names:
        names = [name for name in DEFAULTS if os.path.exists(name)]
    if not names:
        raise BakeError(
            "couldn't find a bake definition",
            hint="name one with -f; the usual name is docker-bake.hcl",
        )
    return [_source(name.removeprefix("cwd://"), stdin) for name in names]


def _source(name: str, stdin: IO[bytes]) -> Source:
    try:
        if name == "-":
            data = stdin.read(LIMIT + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(LIMIT + 1)
        if len(data) > LIMIT:
            raise BakeError(f"{name} is too big for a definition")
        return Source(name, data.decode())
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise BakeError(f"open {name}: {str(why).lower()}") from error


def parse(
    sources: Sequence[Source], environment: Environment, builtin: Mapping[str, str]
) -> Definition:
    """What the files define together. Compose files come first. Raises BakeError."""
    from rootbuild.bake import compose

    composed = [source for source in sources if _is_compose(source)]
    definition = Definition()
    if composed:
        definition = compose.load(composed, environment.compose())
    bodies = tuple(_body(source) for source in sources if source not in composed)
    if bodies:
        definition = define(Definitions(bodies, environment.lookup, builtin), definition)
    return definition


def _is_compose(source: Source) -> bool:
    """By the end of its name; else whether it is a YAML map with services."""
    name = source.name.lower()
    if name.endswith((".yml", ".yaml", ".json", ".hcl")):
        return name.endswith((".yml", ".yaml"))
    import yaml

    try:
        found = yaml.safe_load(source.text)
    except yaml.YAMLError:
        return False
    return isinstance(found, dict) and "services" in found


def _body(source: Source) -> Body:
    name = source.name.lower()
    as_json = name.endswith(".json") or (
        not name.endswith(".hcl") and source.text.lstrip().startswith("{")
    )
    return json_syntax.read(source) if as_json else syntax.read(source)


def _dotenv(known: Mapping[str, str]) -> dict[str, str]:
    try:
        text = Path(".env").read_text()
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] == "'":
            found[name.strip()] = value[1:-1]
            continue
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        else:
            value = value.partition(" #")[0].rstrip()
        found[name.strip()] = expand(value, {**found, **known})
    return found

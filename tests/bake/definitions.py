"""Definitions for tests: text of files -> what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rootbuild.bake import files, overrides, printed, select
from rootbuild.bake.failure import Source
from rootbuild.bake.target import Definition

HCL = "docker-bake.hcl"
BUILTIN = {"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": "linux/amd64"}


def parse(
    sources: str | Mapping[str, str],
    environment: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Definition:
    """What files, by their names, define; a text alone is HCL."""
    named = {HCL: sources} if isinstance(sources, str) else sources
    found = [Source(name, text) for name, text in named.items()]
    return files.parse(found, files.Environment(given or {}, environment or {}), BUILTIN)


def resolve(
    sources: str | Mapping[str, str],
    *names: str,
    sets: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> select.Selection:
    """The targets of a definition by their names."""
    definition = parse(sources, environment)
    put = overrides.read(sets, definition, environment or {})
    return select.select(names, definition, put)


def shown(
    sources: str | Mapping[str, str],
    *names: str,
    sets: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The targets as `--print` shows them."""
    found = printed.tree(resolve(sources, *names, sets=sets, environment=environment))
    targets: dict[str, Any] = found["target"]
    return targets


def value(expression: str, **variables: str) -> Any:
    """What an expression comes to, as JSON has it."""
    text = f"v = {expression}\n" + "".join(f"{name} = {text}\n" for name, text in variables.items())
    from rootbuild.bake import syntax
    from rootbuild.bake.definitions import Definitions

    definitions = Definitions((syntax.read(Source(HCL, text)),), lambda name: None, BUILTIN)
    with Source(HCL, text).located():
        return definitions.variable("v", 1)

"""`$NAME`, `${NAME:-default}` and the like in compose files.

https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rootbuild.bake.values import Unfit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")


def interpolate(value: Any, environment: Mapping[str, str]) -> Any:
    """All texts in a tree of maps and lists with their variables replaced. Raises Unfit."""
    if isinstance(value, str):
        return expand(value, environment)
    if isinstance(value, list):
        return [interpolate(item, environment) for item in value]
    if isinstance(value, dict):
        return {key: interpolate(item, environment) for key, item in value.items()}
    return value


def expand(text: str, environment: Mapping[str, str]) -> str:
    """One text. Raises Unfit for a variable that is required, and for wrong syntax."""
    found, at = [], 0
    while (dollar := text.find("$", at)) >= 0:
        found.append(text[at:dollar])
        rest = text[dollar + 1 :]
        if rest.startswith("$"):
            found.append("$")
            at = dollar + 2
        elif rest.startswith("{"):
            end = _closing(text, dollar + 2)
            found.append(_braced(text[dollar + 2 : end], environment))
            at = end + 1
        elif name := _NAME.match(rest):
            found.append(environment.get(name.group(0), ""))
            at = dollar + 1 + name.end()
        else:
            raise Unfit(f"invalid interpolation format: {text!r}; a dollar is written $$")
    return "".join((*found, text[at:]))


def _closing(text: str, at: int) -> int:
    depth = 1
    for place in range(at, len(text)):
        if text.startswith("${", place):
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place
    raise Unfit(f"invalid interpolation format: {text!r}; there is no closing brace")


def _braced(inner: str, environment: Mapping[str, str]) -> str:
    name = _NAME.match(inner)
    if name is None:
        raise Unfit(f"invalid interpolation format: ${{{inner}}}")
    key, rest = name.group(0), inner[name.end() :]
    value = environment.get(key)
    if not rest:
        return value or ""
    operator = _OPERATOR.match(rest)
    if operator is None:
        raise Unfit(f"invalid interpolation format: ${{{inner}}}")
    other = rest[operator.end() :]
    there = bool(value) if operator.group(0).startswith(":") else value is not None
    match operator.group(0)[-1]:
        case "-":
            return (value or "") if there else expand(other, environment)
        case "+":
            return expand(other, environment) if there else ""
        case _:
            if there:
                return value or ""
            said = expand(other, environment)
            raise Unfit(f"required variable {key} is missing a value{f': {said}' if said else ''}")

"""A selection as `--print` shows it, and definitions as `--list` does."""

from __future__ import annotations

import json
from typing import Any

from rootbuild.bake import entries
from rootbuild.bake.nodes import Value
from rootbuild.bake.select import Selection
from rootbuild.bake.target import FIELDS, Definition, Group, Target

_LITERAL = ("annotations", "dockerfile-inline", "labels", "args", "extra-hosts")


def as_json(selection: Selection) -> str:
    """The JSON that `--print` writes; it is a definition again."""
    return dumps(tree(selection))


def tree(selection: Selection) -> dict[str, Any]:
    """The same as data."""
    found: dict[str, Any] = {}
    if selection.groups:
        found["group"] = {name: _group(g) for name, g in sorted(selection.groups.items())}
    found["target"] = {name: target(t) for name, t in sorted(selection.targets.items())}
    return found


def dumps(value: Any) -> str:
    """JSON as Go writes it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text + "\n"


def target(found: Target) -> dict[str, Value]:
    """A target's fields in their order; maps by their keys."""
    shown: dict[str, Value] = {}
    for name, field in FIELDS.items():
        value = found.fields.get(name)
        if value is None or value in ([], {}) or (name == "description" and not value):
            continue
        if field.kind == "entries":
            value = [entries.shown(name, entry) for entry in found.entries(name)]
        elif isinstance(value, dict):
            value = {key: value[key] for key in sorted(value)}
        shown[name] = _escaped(value) if name in _LITERAL else value
    return shown


def _group(group: Group) -> dict[str, Value]:
    described: dict[str, Value] = {"description": group.description} if group.description else {}
    return {**described, "targets": [*group.targets]}


def _escaped(value: Value) -> Value:
    """So that it means the same when it is read again."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    return value


def targets(definition: Definition) -> list[dict[str, Any]]:
    """All targets and groups but the private ones, by their names."""
    rows: list[tuple[str, str, bool]] = []
    rows += [(each.name, each.text("description"), False) for each in definition.targets]
    rows += [(each.name, _members(each), True) for each in definition.groups]
    found: list[dict[str, Any]] = []
    for name, described, is_group in sorted(rows, key=lambda row: row[0]):
        row: dict[str, Any] = {"name": name}
        if described:
            row["description"] = described
        if is_group:
            row["group"] = True
        if not name.startswith("_"):
            found.append(row)
    return found


def _members(group: Group) -> str:
    names = ", ".join(sorted(group.targets))
    if not group.description or not names:
        return group.description or names
    return f"{group.description} ({names})"


def variables(definition: Definition) -> list[dict[str, Any]]:
    """All variables, by their names."""
    found = []
    for each in sorted(definition.variables, key=lambda variable: variable.name):
        row: dict[str, Any] = {"name": each.name}
        if each.description:
            row["description"] = each.description
        if each.type:
            row["type"] = each.type
        if each.value is not None:
            row["value"] = each.value
        found.append(row)
    return found

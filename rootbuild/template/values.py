"""Data of templates, and how Go prints it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

Value = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]
NO_VALUE = "<no value>"


class Record(dict[str, "Value"]):
    """What is a struct in Docker: fields keep their order, and an unknown one is an error.

    A plain mapping is a Go map: its keys are sorted, and an unknown one is `<no value>`.
    """

    def field(self, name: str) -> str | None:
        """The key of a field. Go's own names differ from JSON's in letter case (`APIVersion`)."""
        if name in self:
            return name
        return next((key for key in self if key.lower() == name.lower()), None)

    def method(self, name: str) -> Callable[..., Value] | None:
        """What takes arguments and is called by that name (`.Label "x"`); there is none here."""
        return None


def as_json(value: Value) -> str:
    """JSON as Go writes it: no spaces, maps sorted, structs in order, nothing escaped for HTML."""
    return json.dumps(_ordered(value), separators=(",", ":"), ensure_ascii=False)


def _ordered(value: Value) -> Value:
    if isinstance(value, Mapping):
        keys = value if isinstance(value, Record) else sorted(value)
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_ordered(item) for item in value]
    return value


def shown(value: Value) -> str:
    """As Go's `%v` prints it."""
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if isinstance(value, Record):
        return "{" + " ".join(shown(item) for item in value.values()) + "}"
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{shown(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + " ".join(shown(item) for item in value) + "]"
    return str(value)


def truth(value: Value) -> bool:
    """Whether Go takes it for true: anything but zero and what is empty. A struct always is."""
    return True if isinstance(value, Record) else bool(value)


def kind(value: Value) -> str:
    """The type, as Go's messages name it."""
    if isinstance(value, Mapping):
        return "struct" if isinstance(value, Record) else "map[string]interface {}"
    if isinstance(value, (list, tuple)):
        return "[]interface {}"
    names = {bool: "bool", int: "int", float: "float64", str: "string"}
    return names.get(type(value), "interface {}")

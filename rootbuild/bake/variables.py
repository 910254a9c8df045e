"""Variables: their defaults, their types, and the text that takes their place."""

from __future__ import annotations

import csv
import json

from rootbuild.bake.failure import Failed
from rootbuild.bake.nodes import Attribute, Block, Call, Expression, Literal, Name, Value
from rootbuild.bake.values import Unfit, as_bool, as_number, as_string, kind
from rootbuild.records import dataclass

_PRIMITIVE = {"string": as_string, "number": as_number, "bool": as_bool}
KNOWN = ("default", "description", "type")


@dataclass(frozen=True, slots=True)
class Declared:
    """`variable "NAME" { ... }`."""

    name: str
    block: Block

    @property
    def default(self) -> Attribute | None:
        """What it is unless something else is said."""
        return self.block.body.attributes.get("default")

    @property
    def type(self) -> Expression | None:
        """Its type, if one is declared."""
        found = self.block.body.attributes.get("type")
        return None if found is None else _type_of(found.expression)


def _type_of(node: Expression) -> Expression:
    """A type may stand as text in JSON."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        from rootbuild.bake.syntax import expression

        return expression(node.value, node.line)
    return node


def type_text(node: Expression | None, value: Value) -> str:
    """A type as `--list` has it: as declared, or as the value tells."""
    match node:
        case Name():
            return node.name
        case Call():
            return f"{node.name}({', '.join(type_text(arg, None) for arg in node.args)})"
        case None:
            return "" if value is None else kind(value)
        case _:
            return "object"


def convert(value: Value, wanted: Expression) -> Value:
    """A value as its type has it. Raises Failed, Unfit."""
    if value is None:
        return None
    match wanted:
        case Name() if wanted.name in _PRIMITIVE:
            return _PRIMITIVE[wanted.name](value)
        case Name() if wanted.name == "any":
            return value
        case Call() if wanted.name in ("list", "set", "tuple"):
            return _list(value, wanted)
        case Call() if wanted.name == "map":
            if not isinstance(value, dict):
                raise Unfit("map required")
            return {key: convert(item, wanted.args[0]) for key, item in value.items()}
        case Call() if wanted.name == "object":
            if not isinstance(value, dict):
                raise Unfit("object required")
            return value
        case _:
            raise Failed("Invalid type specification", wanted.line)


def _list(value: Value, wanted: Call) -> Value:
    if not isinstance(value, list):
        raise Unfit(f"{wanted.name} required")
    if wanted.name == "tuple":
        return value
    found = [convert(item, wanted.args[0]) for item in value]
    if wanted.name == "set":
        return [*dict.fromkeys(found)]
    return found


def from_text(text: str, known: Value, wanted: Expression | None) -> Value:
    """What a text out of the environment makes of a variable. Raises Failed, Unfit."""
    if isinstance(wanted, Call):
        if wanted.name not in ("list", "set"):
            raise Unfit(f"a {wanted.name} is given as JSON, in the variable's name with _JSON")
        row: list[Value] = [*next(csv.reader([text]), [])]
        return convert(row, wanted)
    if wanted is not None:
        return convert(text, wanted)
    match known:
        case bool():
            return as_bool(text)
        case int() | float():
            return as_number(text)
        case list() | dict():
            raise Unfit(f"unsupported type {kind(known)}: it needs a type to be overridden")
        case _:
            return text


def from_json(text: str) -> Value:
    """As `from_text`, out of JSON. Raises Unfit."""
    try:
        found: Value = json.loads(text)
    except ValueError as error:
        raise Unfit(f"invalid JSON: {error}") from None
    return found

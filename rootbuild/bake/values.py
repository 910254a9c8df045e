"""Values of expressions, and how they become one another as HCL does it.

https://github.com/zclconf/go-cty/blob/main/docs/convert.md
"""

from __future__ import annotations

from rootbuild.bake.nodes import Value

Number = int | float


class Unfit(Exception):  # noqa: N818 - it becomes an error where the line is known
    """A value is not what is needed; the text says why."""


def kind(value: Value) -> str:
    """What messages call it."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "tuple"
        case dict():
            return "object"


def as_string(value: Value) -> str:
    """As text. Raises Unfit for lists, maps and null."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case None:
            raise Unfit("value is null")
        case _:
            raise Unfit("string required")


def number_text(value: Number) -> str:
    """A number as text: whole ones without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def as_number(value: Value) -> Number:
    """As a number, out of text too. Raises Unfit."""
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        raise Unfit("a number is required")
    if isinstance(value, str):
        try:
            return narrowed(float(value)) if not value.lstrip("+-").isdigit() else int(value)
        except ValueError:
            raise Unfit("a number is required") from None
    return narrowed(value)


def narrowed(value: Number) -> Number:
    """A whole number as an int."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_whole(value: Value) -> int:
    """As a whole number. Raises Unfit."""
    found = as_number(value)
    if isinstance(found, float):
        raise Unfit("a whole number is required")
    return found


def as_bool(value: Value) -> bool:
    """As a truth value, out of "true" and "false" too. Raises Unfit."""
    match value:
        case bool():
            return value
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise Unfit("a bool is required")


def as_list(value: Value) -> list[Value]:
    """As a list. Raises Unfit."""
    if isinstance(value, list):
        return value
    raise Unfit("a list is required")


def as_map(value: Value) -> dict[str, Value]:
    """As a map. Raises Unfit."""
    if isinstance(value, dict):
        return value
    raise Unfit("a map is required")


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same; values of different types never are."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) for k in left)
    return kind(left) == kind(right) and left == right


def distinct(values: list[Value]) -> list[Value]:
    """Without those that came before."""
    found: list[Value] = []
    for value in values:
        if not any(equal(value, known) for known in found):
            found.append(value)
    return found


def alike(values: list[Value]) -> list[Value]:
    """As they are in a list of one type: next to a string, the other primitive ones are too."""
    kinds = {kind(value) for value in values if value is not None}
    if "string" in kinds and kinds <= {"string", "number", "bool"}:
        return [None if value is None else as_string(value) for value in values]
    return values

"""Expressions -> values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from rootbuild.bake.failure import Failed
from rootbuild.bake.nodes import (
    Call,
    Conditional,
    Expression,
    For,
    Item,
    ListOf,
    Literal,
    MapOf,
    Name,
    Operation,
    Splat,
    Template,
    Value,
)
from rootbuild.bake.templates import render
from rootbuild.bake.values import Unfit, alike, as_bool, as_number, as_string, equal, kind, narrowed
from rootbuild.errors import unreachable
from rootbuild.records import dataclass

DEPTH = 200  # of functions that call each other


class Scope(Protocol):
    """What names mean where an expression stands."""

    def variable(self, name: str, line: int) -> Value:
        """A variable's value. Raises Failed if there is none."""
        ...

    def call(self, name: str, args: list[Value], line: int) -> Value:
        """What a function gives. Raises Failed."""
        ...


@dataclass(frozen=True, slots=True)
class Inner:
    """A scope with some more names."""

    outer: Scope
    names: Mapping[str, Value]

    def variable(self, name: str, line: int) -> Value:
        """The name here, or further out."""
        return self.names[name] if name in self.names else self.outer.variable(name, line)

    def call(self, name: str, args: list[Value], line: int) -> Value:
        """Functions are the outer scope's."""
        return self.outer.call(name, args, line)


def evaluate(node: Expression, scope: Scope) -> Value:
    """The value of an expression. Raises Failed."""
    try:
        return _evaluate(node, scope)
    except Unfit as unfit:
        raise Failed(f"Incorrect value; {unfit}", node.line) from unfit


def _evaluate(node: Expression, scope: Scope) -> Value:  # noqa: C901 - a case for each node
    match node:
        case Literal():
            return node.value
        case Template():
            return render(node, lambda part, names: evaluate(part, _with(scope, names)))
        case Name():
            return scope.variable(node.name, node.line)
        case Item():
            return item(evaluate(node.of, scope), evaluate(node.key, scope), node.line)
        case Splat():
            return _splat(node, scope)
        case Call():
            return _call(node, scope)
        case Conditional():
            return _conditional(node, scope)
        case Operation():
            return _operation(node, scope)
        case ListOf():
            return [evaluate(item, scope) for item in node.items]
        case MapOf():
            return {
                as_string(evaluate(key, scope)): evaluate(value, scope) for key, value in node.items
            }
        case For():
            return _for(node, scope)
        case _:
            unreachable(node)


def _with(scope: Scope, names: Mapping[str, Value]) -> Scope:
    return Inner(scope, names) if names else scope


def item(of: Value, key: Value, line: int) -> Value:
    """An item of a list or map. Raises Failed."""
    if isinstance(of, dict):
        name = as_string(key)
        if name in of:
            return of[name]
        raise Failed(f'Unsupported attribute; this object has none named "{name}"', line)
    if isinstance(of, list):
        position = as_number(key)
        if isinstance(position, int) and 0 <= position < len(of):
            return of[position]
        raise Failed(f"Invalid index; this list has {len(of)} elements", line)
    raise Failed(f"Invalid index; a {kind(of)} has no elements", line)


def _splat(node: Splat, scope: Scope) -> Value:
    of = evaluate(node.of, scope)
    found: list[Value] = []
    for each in [] if of is None else of if isinstance(of, list) else [of]:
        value = each
        for key in node.keys:
            value = item(value, evaluate(key, scope), node.line)
        found.append(value)
    return found


def _call(node: Call, scope: Scope) -> Value:
    if node.name in ("try", "can"):
        return _tried(node, scope)
    if node.name == "convert":
        return _converted(node, scope)
    args = [evaluate(arg, scope) for arg in node.args]
    if node.expand:
        last = args.pop()
        if not isinstance(last, list):
            raise Failed(f"Invalid expanding argument value; a {kind(last)} is no list", node.line)
        args += last
    try:
        return scope.call(node.name, args, node.line)
    except RecursionError:
        raise Failed(f'Function "{node.name}" calls itself without an end', node.line) from None


def _tried(node: Call, scope: Scope) -> Value:
    """`try(a, b)` is the first that can be had, `can(a)` whether it can."""
    for arg in node.args:
        try:
            value = evaluate(arg, scope)
        except Failed:
            continue
        return True if node.name == "can" else value
    if node.name == "can":
        return False
    raise Failed("Error in function call; none of try's expressions can be evaluated", node.line)


def _converted(node: Call, scope: Scope) -> Value:
    converters: dict[str, Callable[[Value], Value]] = {
        "string": as_string, "number": as_number, "bool": as_bool, "any": lambda value: value
    }  # fmt: skip
    wanted = node.args[1] if len(node.args) == 2 else None
    if not isinstance(wanted, Name) or wanted.name not in converters:
        raise Failed("convert takes a value and one of string, number, bool, any", node.line)
    return converters[wanted.name](evaluate(node.args[0], scope))


def _conditional(node: Conditional, scope: Scope) -> Value:
    chosen = as_bool(evaluate(node.condition, scope))
    yes, no = (_other(part, scope) for part in (node.yes, node.no))
    found = evaluate(node.yes if chosen else node.no, scope)
    return alike([found, *(() if isinstance(found, (list, dict)) else (yes, no))])[0]


def _other(node: Expression, scope: Scope) -> Value:
    """The value of a branch for its type's sake: branches become one type."""
    try:
        return evaluate(node, scope)
    except Failed:
        return None


def _operation(node: Operation, scope: Scope) -> Value:
    right = evaluate(node.right, scope)
    if node.left is None:
        return (not as_bool(right)) if node.operator == "!" else -as_number(right)
    left = evaluate(node.left, scope)
    match node.operator:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
        case "&&":
            return as_bool(left) and as_bool(right)
        case "||":
            return as_bool(left) or as_bool(right)
        case _:
            return arithmetic(node.operator, left, right)


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """Operators on numbers. Raises Unfit."""
    a, b = as_number(left), as_number(right)
    compared = {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}
    if operator in compared:
        return compared[operator]
    if operator in "/%" and b == 0:
        raise Unfit("division by zero")
    match operator:
        case "+":
            return narrowed(a + b)
        case "-":
            return narrowed(a - b)
        case "*":
            return narrowed(a * b)
        case "/":
            return a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b
        case _:
            return narrowed(a - b * int(a / b))


def _for(node: For, scope: Scope) -> Value:
    pairs = list(_pairs(evaluate(node.of, scope), node))
    values: list[Value] = []
    keyed: dict[str, Value] = {}
    for key, value in pairs:
        names = dict(
            zip(node.names, (key, value) if len(node.names) == 2 else (value,), strict=True)
        )
        inner = Inner(scope, names)
        if node.condition is not None and not as_bool(evaluate(node.condition, inner)):
            continue
        found = evaluate(node.value, inner)
        if node.key is None:
            values.append(found)
            continue
        name = as_string(evaluate(node.key, inner))
        if node.group:
            known = keyed.setdefault(name, [])
            assert isinstance(known, list)
            known.append(found)
        elif name in keyed:
            raise Failed(f'Duplicate object key; two items produced the key "{name}"', node.line)
        else:
            keyed[name] = found
    return values if node.key is None else keyed


def _pairs(of: Value, node: For) -> Iterator[tuple[Value, Value]]:
    if isinstance(of, list):
        yield from enumerate(of)
    elif isinstance(of, dict):
        yield from sorted(of.items())
    else:
        raise Failed(f"Iteration over non-iterable value; this is a {kind(of)}", node.line)

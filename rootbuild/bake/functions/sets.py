"""Functions on sets, which are lists without doubles here, in order."""

from __future__ import annotations

import itertools

from rootbuild.bake.functions.signature import Function
from rootbuild.bake.nodes import Value
from rootbuild.bake.values import distinct, equal


def _has(values: list[Value], wanted: Value) -> bool:
    return any(equal(value, wanted) for value in values)


def _set(values: list[Value]) -> list[Value]:
    found = distinct(values)
    return sorted(found, key=str) if all(isinstance(value, str) for value in found) else found


def _intersection(first: list[Value], *others: list[Value]) -> list[Value]:
    return _set([value for value in first if all(_has(other, value) for other in others)])


def _subtract(first: list[Value], second: list[Value]) -> list[Value]:
    return _set([value for value in first if not _has(second, value)])


def _symmetric(first: list[Value], *others: list[Value]) -> list[Value]:
    found = distinct(first)
    for other in others:
        found = _subtract(found, other) + _subtract(other, found)
    return _set(found)


FUNCTIONS = {
    "sethaselement": Function("la", _has),
    "setintersection": Function("l*l", _intersection),
    "setproduct": Function("*l", lambda *sets: [list(row) for row in itertools.product(*sets)]),
    "setsubtract": Function("ll", _subtract),
    "setsymmetricdifference": Function("l*l", _symmetric),
    "setunion": Function("l*l", lambda *sets: _set([value for found in sets for value in found])),
}

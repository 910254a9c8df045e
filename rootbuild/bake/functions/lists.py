"""Functions on lists and maps."""

from __future__ import annotations

import csv
import io
import json

from rootbuild.bake.functions.signature import Function
from rootbuild.bake.nodes import Value
from rootbuild.bake.values import (
    Number,
    Unfit,
    alike,
    as_list,
    as_string,
    as_whole,
    distinct,
    equal,
)
from rootbuild.bake.values import kind as kind_of


def _chunks(values: list[Value], size: int) -> list[Value]:
    if size < 0:
        raise Unfit("the size must be positive")
    step = size or len(values) or 1
    return [values[at : at + step] for at in range(0, len(values), step)]


def _coalesce(*values: Value) -> Value:
    for at, value in enumerate(values):
        if value is not None:
            return alike(list(values))[at]
    raise Unfit("no non-null arguments")


def _coalesce_list(*values: list[Value]) -> list[Value]:
    for value in values:
        if value:
            return value
    raise Unfit("no non-null arguments")


def _contains(of: Value, wanted: Value) -> bool:
    return any(equal(value, wanted) for value in as_list(of))


def _element(values: list[Value], at: int) -> Value:
    if not values:
        raise Unfit("cannot use element function with an empty list")
    return values[at % len(values)]


def _flatten(values: list[Value]) -> list[Value]:
    return [
        inner
        for value in values
        for inner in (_flatten(value) if isinstance(value, list) else [value])
    ]


def _has(of: Value, key: Value) -> bool:
    if isinstance(of, dict):
        return isinstance(key, str) and key in of
    return isinstance(key, int) and 0 <= key < len(as_list(of))


def _index(of: Value, key: Value) -> Value:
    if not _has(of, key):
        raise Unfit("invalid index")
    return of[as_string(key)] if isinstance(of, dict) else as_list(of)[as_whole(key)]


def _index_of(values: list[Value], wanted: Value) -> int:
    if not values:
        raise Unfit("cannot search an empty list")
    for at, value in enumerate(values):
        if equal(value, wanted):
            return at
    raise Unfit("item not found")


def _length(of: Value) -> int:
    if isinstance(of, (list, dict)):
        return len(of)
    raise Unfit(f"a list or map is required, not a {kind_of(of)}")


def _lookup(of: dict[str, Value], key: str, otherwise: Value = None) -> Value:
    if key not in of and otherwise is None:
        raise Unfit(
            f'the given key does not identify an element in this collection value ("{key}")'
        )
    return of.get(key, otherwise)


def _merge(*maps: dict[str, Value] | None) -> dict[str, Value]:
    return {key: value for found in maps for key, value in (found or {}).items()}


def _range(*numbers: Number) -> list[Value]:
    start, end, *rest = (0, *numbers) if len(numbers) == 1 else numbers
    step: Number = rest[0] if rest else (1 if end >= start else -1)
    if step == 0 or (end - start) * step < 0:
        raise Unfit("the step does not lead to the end")
    found: list[Value] = []
    while (start < end) if step > 0 else (start > end):
        found.append(start)
        if len(found) > 1024:
            raise Unfit("more than 1024 values were generated")
        start += step
    return found


def _slice(values: list[Value], start: int, end: int) -> list[Value]:
    if not 0 <= start <= end <= len(values):
        raise Unfit(
            f"the indexes must be from 0 to {len(values)}, and the end not before the start"
        )
    return values[start:end]


def _csv(text: str) -> list[Value]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return [dict(row) for row in rows]


def _from_json(text: str) -> Value:
    try:
        found: Value = json.loads(text)
    except ValueError as error:
        raise Unfit(str(error)) from None
    return found


def _to_json(value: Value) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _zipmap(keys: list[Value], values: list[Value]) -> dict[str, Value]:
    if len(keys) != len(values):
        raise Unfit("the numbers of keys and values differ")
    return dict(zip(map(as_string, keys), values, strict=True))


FUNCTIONS = {
    "chunklist": Function("li", _chunks),
    "coalesce": Function("*a", _coalesce),
    "coalescelist": Function("*l", _coalesce_list),
    "compact": Function("l", lambda values: [v for v in values if v not in (None, "")]),
    "concat": Function("*l", lambda *lists: [value for found in lists for value in found]),
    "contains": Function("aa", _contains),
    "csvdecode": Function("s", _csv),
    "distinct": Function("l", distinct),
    "element": Function("li", _element),
    "flatten": Function("l", _flatten),
    "hasindex": Function("aa", _has),
    "index": Function("aa", _index),
    "indexof": Function("la", _index_of),
    "jsondecode": Function("s", _from_json),
    "jsonencode": Function("a", _to_json),
    "keys": Function("m", sorted),
    "length": Function("a", _length),
    "lookup": Function("ms?a", _lookup),
    "merge": Function("*m", _merge),
    "range": Function("n?nn", _range),
    "reverselist": Function("l", lambda values: values[::-1]),
    "slice": Function("lii", _slice),
    "sort": Function("l", lambda values: sorted(map(as_string, values))),
    "values": Function("m", lambda found: [found[key] for key in sorted(found)]),
    "zipmap": Function("ll", _zipmap),
}

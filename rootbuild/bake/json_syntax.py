"""`docker-bake.json` -> nodes: HCL's JSON form, where every text is a template.

https://github.com/hashicorp/hcl/blob/main/json/spec.md
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from rootbuild.bake.failure import Failed, Source
from rootbuild.bake.nodes import Attribute, Block, Body, Expression, ListOf, Literal, MapOf
from rootbuild.bake.syntax import template

if TYPE_CHECKING:
    from yaml.nodes import Node

LABELLED = ("target", "group", "variable", "function")


def read(source: Source) -> Body:
    """Parse a file. Raises BakeError."""
    with source.located():
        try:
            json.loads(source.text)
        except json.JSONDecodeError as error:
            raise Failed(f"Invalid JSON: {error.msg}", error.lineno) from error
        return _body(_nodes(source.text), source, top=True)


def _nodes(text: str) -> Node:
    """The file by YAML, of which JSON is a part, as that tells where things stand."""
    import yaml

    # Tabs stand only between tokens in JSON, where YAML does not have them.
    return cast("Node", yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader))


def _pairs(node: Any, what: str) -> list[tuple[str, Any]]:
    if node.id != "mapping":
        raise Failed(f"Incorrect JSON value type; {what} is a JSON object", _line(node))
    return [(_text(key), value) for key, value in node.value]


def _body(node: Any, source: Source, *, top: bool = False) -> Body:
    attributes = {}
    blocks: list[Block] = []
    for name, value in _pairs(node, "a body"):
        if top and name in LABELLED:
            for each in _each(value):
                blocks += (_block(name, (label,), body, source)
                           for label, inner in _pairs(each, name)
                           for body in _each(inner))  # fmt: skip
        elif not top and name == "validation":
            blocks += (_block(name, (), body, source) for body in _each(value))
        elif not (top and name.startswith("//")):
            attributes[name] = Attribute(name, _expression(value), source, _line(value))
    return Body(attributes, tuple(blocks))


def _block(kind: str, labels: tuple[str, ...], node: Any, source: Source) -> Block:
    return Block(kind, labels, _body(node, source), source, _line(node))


def _each(node: Any) -> list[Any]:
    """Several blocks of a name stand in an array."""
    return list(node.value) if node.id == "sequence" else [node]


def _expression(node: Any) -> Expression:
    line = _line(node)
    if node.id == "sequence":
        return ListOf(line, tuple(map(_expression, node.value)))
    if node.id == "mapping":
        return MapOf(line, tuple((_template(k), _expression(v)) for k, v in node.value))
    return _template(node) if node.style == '"' else Literal(line, json.loads(node.value))


def _template(node: Any) -> Expression:
    text = _text(node)
    plain = "${" not in text and "%{" not in text
    return Literal(_line(node), text) if plain else template(text, _line(node))


def _text(node: Any) -> str:
    """A text; two escapes that make one character are put together."""
    return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1

"""Expressions as python-hcl2 gives them -> ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

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
    Part,
    Splat,
    Template,
)

if TYPE_CHECKING:
    from lark import Token, Tree

    Node = Tree[Token]

ReadTemplate = Callable[[str, int], Expression]

_SPACE = "new_line_or_comment"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_LITERALS = {"true": True, "false": False, "null": None}


class Convert:
    """Expressions of one text; `offset` is added to its line numbers.

    `template` reads the text of heredocs.
    """

    def __init__(self, offset: int, template: ReadTemplate) -> None:
        self._offset = offset
        self._template = template

    def _line(self, tree: Node) -> int:
        return int(tree.meta.line) + self._offset

    def expression(self, tree: Node) -> Expression:
        """What an expression's tree stands for. Raises Failed."""
        if tree.data in ("expr_term", "object_elem_key"):
            return self.expression(next(trees(tree)))
        found = _CONVERTERS.get(str(tree.data))
        if found is None:
            raise Failed(f"Unsupported expression ({tree.data})", self._line(tree))
        return found(self, tree)

    def _literal(self, tree: Node) -> Expression:
        return Literal(self._line(tree), _LITERALS[word_of(tree)])

    def _number(self, tree: Node) -> Expression:
        text = word_of(tree)
        return Literal(self._line(tree), int(text) if text.lstrip("-").isdigit() else float(text))

    def _name(self, tree: Node) -> Expression:
        return Name(self._line(tree), word_of(tree))

    def _inner_string(self, tree: Node) -> Expression:
        return Literal(self._line(tree), _unescape(word_of(tree)[2:-2]))

    def quoted(self, tree: Node) -> Expression:
        """A text in quotes, which may have templates in it."""
        parts = [self._part(part) for part in trees(tree, "string_part")]
        if all(part.kind == "text" for part in parts):
            return Literal(self._line(tree), "".join(part.text for part in parts))
        return Template(self._line(tree), tuple(parts))

    def _part(self, tree: Node) -> Part:
        (child,) = tree.children
        line = self._line(tree)
        if isinstance(child, str):
            text = str(child)
            if getattr(child, "type", "").startswith("ESCAPED_"):
                text = text[1:]
            return Part(line, "text", _unescape(text))
        inner = list(trees(child))
        if child.data == "interpolation":
            return Part(line, "value", expression=self.expression(inner[0]))
        words = [str(token) for token in child.children if isinstance(token, str)]
        return Part(
            line,
            str(child.data).removeprefix("template_").removesuffix("_start"),
            expression=self.expression(inner[-1]) if inner else None,
            names=tuple(word_of(name) for name in inner[:-1]),
            before=words[1] == "~",
            after=words[-2] == "~",
        )

    def _heredoc(self, tree: Node) -> Expression:
        lines = word_of(tree).split("\n")
        marker = lines[0]
        body = [line.removesuffix("\r") for line in lines[1:]]
        while body and body[-1].strip() != marker.lstrip("<-").strip():
            body.pop()
        body = body[:-1]
        if marker.startswith("<<-"):
            indents = [len(line) - len(line.lstrip(" \t")) for line in body if line.strip()]
            body = [line[min(indents, default=0) :] for line in body]
        return self._template("".join(f"{line}\n" for line in body), self._line(tree) + 1)

    def _items(self, tree: Node) -> Expression:
        return ListOf(self._line(tree), tuple(self.expression(item) for item in trees(tree)))

    def _mapping(self, tree: Node) -> Expression:
        items = []
        for element in trees(tree, "object_elem"):
            key, value = trees(element)
            items.append((self._key(key), self.expression(value)))
        return MapOf(self._line(tree), tuple(items))

    def _key(self, tree: Node) -> Expression:
        """A bare word is a name; in parentheses it is a variable."""
        inner = next(trees(tree))
        if inner.data == "expr_term" and len(inner.children) == 1:
            word = inner.children[0]
            if not isinstance(word, str) and word.data in ("identifier", "literal_value"):
                inner = word
        if inner.data == "expr_term":
            return self.expression(inner)
        return Literal(self._line(tree), word_of(inner))

    def _call(self, tree: Node) -> Expression:
        names = [word_of(part) for part in trees(tree, "identifier")]
        found = next(trees(tree, "arguments"), None)
        args = () if found is None else tuple(self.expression(arg) for arg in trees(found))
        expand = found is not None and any(str(token) == "..." for token in found.children)
        return Call(self._line(tree), "::".join(names), args, expand)

    def _item(self, tree: Node) -> Expression:
        of, key = trees(tree)
        return Item(self._line(tree), self.expression(of), self._index(key))

    def _splat(self, tree: Node) -> Expression:
        of, rest = trees(tree)
        keys = tuple(self._index(key) for key in trees(rest))
        return Splat(self._line(tree), self.expression(of), keys)

    def _index(self, tree: Node) -> Expression:
        if tree.data == "braces_index":
            return self.expression(next(trees(tree)))
        if tree.data == "short_index":
            return Literal(self._line(tree), int(str(tree.children[-1])))
        return Literal(self._line(tree), word_of(next(trees(tree))))

    def _conditional(self, tree: Node) -> Expression:
        condition, yes, no = (self.expression(part) for part in trees(tree))
        return Conditional(self._line(tree), condition, yes, no)

    def _binary(self, tree: Node) -> Expression:
        left, term = trees(tree)
        operator, right = trees(term)
        found = self.expression(left), self.expression(right)
        return Operation(self._line(tree), word_of(operator), *found)

    def _unary(self, tree: Node) -> Expression:
        operand = self.expression(next(trees(tree)))
        return Operation(self._line(tree), word_of(tree), None, operand)

    def _loop(self, tree: Node) -> Expression:
        intro, *values = (part for part in trees(tree) if part.data != "for_cond")
        *names, of = trees(intro)
        condition = next(trees(tree, "for_cond"), None)
        *key, value = (self.expression(part) for part in values)
        return For(
            self._line(tree),
            tuple(word_of(name) for name in names),
            self.expression(of),
            key[0] if key else None,
            value,
            None if condition is None else self.expression(next(trees(condition))),
            any(str(token) == "..." for token in tree.children),
        )


_CONVERTERS: dict[str, Callable[[Convert, Node], Expression]] = {
    "literal_value": Convert._literal,
    "int_lit": Convert._number,
    "float_lit": Convert._number,
    "identifier": Convert._name,
    "string": Convert.quoted,
    "template_string": Convert._inner_string,
    "heredoc_template": Convert._heredoc,
    "heredoc_template_trim": Convert._heredoc,
    "tuple": Convert._items,
    "object": Convert._mapping,
    "function_call": Convert._call,
    "index_expr_term": Convert._item,
    "get_attr_expr_term": Convert._item,
    "attr_splat_expr_term": Convert._splat,
    "full_splat_expr_term": Convert._splat,
    "conditional": Convert._conditional,
    "binary_op": Convert._binary,
    "unary_op": Convert._unary,
    "for_tuple_expr": Convert._loop,
    "for_object_expr": Convert._loop,
}


def trees(tree: Node, kind: str = "") -> Iterator[Node]:
    """The children that mean something, or those of a kind."""
    for child in tree.children:
        if isinstance(child, str) or child is None or child.data == _SPACE:
            continue
        if not kind or child.data == kind:
            yield child


def word_of(tree: Node) -> str:
    """The word that a tree begins with."""
    return str(tree.children[0]).strip()


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        found = match.group(1)
        return chr(int(found[1:], 16)) if len(found) > 1 else _ESCAPES.get(found, match.group(0))

    return _ESCAPE.sub(replace, text)

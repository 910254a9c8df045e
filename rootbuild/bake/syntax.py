"""HCL text -> nodes. The grammar is python-hcl2's; what it gives is turned into ours here.

https://github.com/amplify-education/python-hcl2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from rootbuild.bake.failure import Failed, Source
from rootbuild.bake.nodes import (
    Attribute,
    Block,
    Body,
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

_SPACE = "new_line_or_comment"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_LITERALS = {"true": True, "false": False, "null": None}


def read(source: Source) -> Body:
    """Parse a file. Raises BakeError where that cannot be done."""
    with source.located():
        (tree,) = _trees(_parse(source.text.rstrip() + "\n", 0))
        return _body(tree, source)


def expression(text: str, line: int) -> Expression:
    """Parse a single expression that begins at a line. Raises Failed."""
    (body,) = _trees(_parse(f"x = {text}\n", line - 1))
    (attribute,) = _trees(body, "attribute")
    return _Convert(line - 1).expression(list(_trees(attribute))[-1])


def template(text: str, line: int) -> Expression:
    """Parse the raw text of a template: one without quotes and escapes. Raises Failed."""
    quoted = []
    for piece, is_code in _pieces(text, line):
        if is_code:
            quoted.append(piece.replace("\n", " "))
        else:
            plain = piece.replace("\\", "\\\\").replace('"', '\\"')
            quoted.append(plain.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t"))
    return expression(f'"{"".join(quoted)}"', line)


def _parse(text: str, offset: int) -> Node:
    from hcl2 import parses_to_tree
    from lark.exceptions import UnexpectedInput

    try:
        return cast("Node", parses_to_tree(text))
    except UnexpectedInput as error:
        line = error.line if error.line > 0 else text.count("\n")
        raise Failed(f"Invalid expression or block definition{_found(error)}", line + offset) from error


def _found(error: Exception) -> str:
    token = getattr(error, "token", None)
    if token is None:
        return ""
    shown = str(token).strip()
    return f'; found "{shown}"' if shown else "; found the end of the line"


def _pieces(text: str, line: int) -> Iterator[tuple[str, bool]]:
    """A template's text, cut into plain text and `${...}` or `%{...}`."""
    start = at = 0
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            end = _closing(text, at + 2, line + text.count("\n", 0, at))
            yield text[start:at], False
            yield text[at:end], True
            start = at = end
        else:
            at += 1
    yield text[start:], False


def _closing(text: str, at: int, line: int) -> int:
    """Where the brace is closed that was opened before `at`; braces in quotes do not count."""
    depth, quoted = 1, False
    while at < len(text):
        letter = text[at]
        if quoted and letter == "\\":
            at += 1
        elif quoted and text.startswith("${", at):
            at = _closing(text, at + 2, line) - 1
        elif letter == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                return at + 1
        at += 1
    raise Failed("Unterminated template: there is no closing brace", line)


def _body(tree: Node, source: Source) -> Body:
    attributes: dict[str, Attribute] = {}
    blocks = []
    for child in _trees(tree):
        if child.data == "block":
            blocks.append(_block(child, source))
            continue
        name, *_, value = _trees(child)
        line = child.meta.line
        label = _word(name)
        if label in attributes:
            raise Failed(f'Attribute redefined; the argument "{label}" was already set', line)
        attributes[label] = Attribute(label, _Convert(0).expression(value), source, line)
    return Body(attributes, tuple(blocks))


def _block(tree: Node, source: Source) -> Block:
    kind, *labels, body = _trees(tree)
    names = tuple(_label(label) for label in labels)
    return Block(_word(kind), names, _body(body, source), source, tree.meta.line)


def _label(tree: Node) -> str:
    if tree.data != "string":
        return _word(tree)
    found = _Convert(0).quoted(tree)
    if not isinstance(found, Literal):
        raise Failed("Invalid string literal: a label cannot have templates", tree.meta.line)
    return str(found.value)


class _Convert:
    """Expressions of one text; `offset` is added to its line numbers."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def line(self, tree: Node) -> int:
        return int(tree.meta.line) + self._offset

    def expression(self, tree: Node) -> Expression:
        if tree.data in ("expr_term", "object_elem_key"):
            return self.expression(next(_trees(tree)))
        found = _CONVERTERS.get(str(tree.data))
        if found is None:
            raise Failed(f"Unsupported expression ({tree.data})", self.line(tree))
        return found(self, tree)

    def literal(self, tree: Node) -> Expression:
        return Literal(self.line(tree), _LITERALS[_word(tree)])

    def number(self, tree: Node) -> Expression:
        text = _word(tree)
        return Literal(self.line(tree), int(text) if text.lstrip("-").isdigit() else float(text))

    def name(self, tree: Node) -> Expression:
        return Name(self.line(tree), _word(tree))

    def inner_string(self, tree: Node) -> Expression:
        return Literal(self.line(tree), _unescape(_word(tree)[2:-2]))

    def quoted(self, tree: Node) -> Expression:
        parts = [self._part(part) for part in _trees(tree, "string_part")]
        if all(part.kind == "text" for part in parts):
            return Literal(self.line(tree), "".join(part.text for part in parts))
        return Template(self.line(tree), tuple(parts))

    def _part(self, tree: Node) -> Part:
        (child,) = tree.children
        line = self.line(tree)
        if isinstance(child, str):
            text = str(child)
            if getattr(child, "type", "").startswith("ESCAPED_"):
                text = text[1:]
            return Part(line, "text", _unescape(text))
        inner = list(_trees(child))
        if child.data == "interpolation":
            return Part(line, "value", expression=self.expression(inner[0]))
        words = [str(token) for token in child.children if isinstance(token, str)]
        return Part(
            line,
            str(child.data).removeprefix("template_").removesuffix("_start"),
            expression=self.expression(inner[-1]) if inner else None,
            names=tuple(_word(name) for name in inner[:-1]),
            before=words[1] == "~",
            after=words[-2] == "~",
        )

    def heredoc(self, tree: Node) -> Expression:
        lines = _word(tree).split("\n")
        marker = lines[0]
        body = [line.removesuffix("\r") for line in lines[1:]]
        while body and body[-1].strip() != marker.lstrip("<-").strip():
            body.pop()
        body = body[:-1]
        if marker.startswith("<<-"):
            indents = [len(line) - len(line.lstrip(" \t")) for line in body if line.strip()]
            body = [line[min(indents, default=0) :] for line in body]
        return template("".join(f"{line}\n" for line in body), self.line(tree) + 1)

    def items(self, tree: Node) -> Expression:
        return ListOf(self.line(tree), tuple(self.expression(item) for item in _trees(tree)))

    def mapping(self, tree: Node) -> Expression:
        items = []
        for element in _trees(tree, "object_elem"):
            key, value = _trees(element)
            items.append((self._key(key), self.expression(value)))
        return MapOf(self.line(tree), tuple(items))

    def _key(self, tree: Node) -> Expression:
        """A bare word is a name; in parentheses it is a variable."""
        inner = next(_trees(tree))
        if inner.data == "expr_term" and len(inner.children) == 1:
            word = inner.children[0]
            if not isinstance(word, str) and word.data in ("identifier", "literal_value"):
                inner = word
        if inner.data == "expr_term":
            return self.expression(inner)
        return Literal(self.line(tree), _word(inner))

    def call(self, tree: Node) -> Expression:
        names = [_word(part) for part in _trees(tree, "identifier")]
        found = next(_trees(tree, "arguments"), None)
        args = () if found is None else tuple(self.expression(arg) for arg in _trees(found))
        expand = found is not None and any(str(token) == "..." for token in found.children)
        return Call(self.line(tree), "::".join(names), args, expand)

    def item(self, tree: Node) -> Expression:
        of, key = _trees(tree)
        return Item(self.line(tree), self.expression(of), self._index(key))

    def splat(self, tree: Node) -> Expression:
        of, rest = _trees(tree)
        keys = tuple(self._index(key) for key in _trees(rest))
        return Splat(self.line(tree), self.expression(of), keys)

    def _index(self, tree: Node) -> Expression:
        if tree.data == "braces_index":
            return self.expression(next(_trees(tree)))
        if tree.data == "short_index":
            return Literal(self.line(tree), int(str(tree.children[-1])))
        return Literal(self.line(tree), _word(next(_trees(tree))))

    def conditional(self, tree: Node) -> Expression:
        condition, yes, no = (self.expression(part) for part in _trees(tree))
        return Conditional(self.line(tree), condition, yes, no)

    def binary(self, tree: Node) -> Expression:
        left, term = _trees(tree)
        operator, right = _trees(term)
        found = self.expression(left), self.expression(right)
        return Operation(self.line(tree), _word(operator), *found)

    def unary(self, tree: Node) -> Expression:
        operand = self.expression(next(_trees(tree)))
        return Operation(self.line(tree), _word(tree), None, operand)

    def loop(self, tree: Node) -> Expression:
        intro, *values = (part for part in _trees(tree) if part.data != "for_cond")
        *names, of = _trees(intro)
        condition = next(_trees(tree, "for_cond"), None)
        *key, value = (self.expression(part) for part in values)
        return For(
            self.line(tree),
            tuple(_word(name) for name in names),
            self.expression(of),
            key[0] if key else None,
            value,
            None if condition is None else self.expression(next(_trees(condition))),
            any(str(token) == "..." for token in tree.children),
        )


_CONVERTERS: dict[str, Callable[[_Convert, Node], Expression]] = {
    "literal_value": _Convert.literal,
    "int_lit": _Convert.number,
    "float_lit": _Convert.number,
    "identifier": _Convert.name,
    "string": _Convert.quoted,
    "template_string": _Convert.inner_string,
    "heredoc_template": _Convert.heredoc,
    "heredoc_template_trim": _Convert.heredoc,
    "tuple": _Convert.items,
    "object": _Convert.mapping,
    "function_call": _Convert.call,
    "index_expr_term": _Convert.item,
    "get_attr_expr_term": _Convert.item,
    "attr_splat_expr_term": _Convert.splat,
    "full_splat_expr_term": _Convert.splat,
    "conditional": _Convert.conditional,
    "binary_op": _Convert.binary,
    "unary_op": _Convert.unary,
    "for_tuple_expr": _Convert.loop,
    "for_object_expr": _Convert.loop,
}


def _trees(tree: Node, kind: str = "") -> Iterator[Node]:
    """The children that mean something, or those of a kind."""
    for child in tree.children:
        if not isinstance(child, str) and child is not None and child.data != _SPACE:
            if not kind or child.data == kind:
                yield child


def _word(tree: Node) -> str:
    return str(tree.children[0]).strip()


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        found = match.group(1)
        return chr(int(found[1:], 16)) if len(found) > 1 else _ESCAPES.get(found, match.group(0))

    return _ESCAPE.sub(replace, text)

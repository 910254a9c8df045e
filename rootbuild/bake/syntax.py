"""HCL text -> nodes. The grammar is python-hcl2's; what it gives is turned into ours here.

https://github.com/amplify-education/python-hcl2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rootbuild.bake.convert import Convert, trees, word_of
from rootbuild.bake.failure import Failed, Source
from rootbuild.bake.nodes import Attribute, Block, Body, Expression, Literal

if TYPE_CHECKING:
    from lark import Token, Tree

    Node = Tree[Token]


def read(source: Source) -> Body:
    """Parse a file. Raises BakeError where that cannot be done."""
    with source.located():
        (tree,) = trees(_parse(source.text.rstrip() + "\n", 0))
        return _body(tree, source)


def expression(text: str, line: int) -> Expression:
    """Parse a single expression that begins at a line. Raises Failed."""
    (body,) = trees(_parse(f"x = {text}\n", line - 1))
    (attribute,) = trees(body, "attribute")
    return Convert(line - 1, template).expression(list(trees(attribute))[-1])


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
        last = text.count("\n")
        line = min(error.line, last) if error.line > 0 else last
        raise Failed(
            f"Invalid expression or block definition{_found(error)}", line + offset
        ) from error


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
    for child in trees(tree):
        if child.data == "block":
            blocks.append(_block(child, source))
            continue
        name, *_, value = trees(child)
        line = child.meta.line
        label = word_of(name)
        if label in attributes:
            raise Failed(f'Attribute redefined; the argument "{label}" was already set', line)
        attributes[label] = Attribute(label, Convert(0, template).expression(value), source, line)
    return Body(attributes, tuple(blocks))


def _block(tree: Node, source: Source) -> Block:
    kind, *labels, body = trees(tree)
    names = tuple(_label(label) for label in labels)
    return Block(word_of(kind), names, _body(body, source), source, tree.meta.line)


def _label(tree: Node) -> str:
    if tree.data != "string":
        return word_of(tree)
    found = Convert(0, template).quoted(tree)
    if not isinstance(found, Literal):
        raise Failed("Invalid string literal: a label cannot have templates", tree.meta.line)
    return str(found.value)

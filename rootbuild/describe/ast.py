"""The parsed file as text and as JSON: one object an instruction."""

from __future__ import annotations

from rootbuild.describe.texts import Json, rendered
from rootbuild.dockerfile.instructions import Heredoc
from rootbuild.dockerfile.tree import Node, Tree


def ast_json(tree: Tree) -> str:
    """A JSON array with an object for each instruction."""
    return rendered([_node(node) for node in tree.nodes])


def ast_text(tree: Tree) -> str:
    """A line for each instruction, `START-END keyword FLAGS ARGS`; what belongs to it below."""
    return "".join(_lines(node, 0) for node in tree.nodes)


def _node(node: Node) -> Json:
    heredocs: list[Json] = [_heredoc(heredoc) for heredoc in node.heredocs]
    return {
        "instruction": node.keyword.lower(),
        "flags": list(node.flags),
        "args": list(node.args),
        "json": node.json,
        "heredocs": heredocs,
        "sub": None if node.sub is None else _node(node.sub),
        "start_line": node.start_line,
        "end_line": node.end_line,
    }


def _heredoc(heredoc: Heredoc) -> Json:
    return {
        "name": heredoc.name,
        "content": heredoc.content,
        "expand": heredoc.expand,
        "chomp": heredoc.chomp,
        "fd": heredoc.fd,
    }


def _lines(node: Node, depth: int) -> str:
    parts = [*node.flags, *(_quoted(word) for word in node.args)]
    form = " (json)" if node.json else ""
    span = f"{node.start_line}-{node.end_line}"
    indent = "  " * depth
    text = f"{indent}{span} {node.keyword.lower()}{form} {' '.join(parts)}".rstrip() + "\n"
    for heredoc in node.heredocs:
        marks = "".join(
            f" {name}" for name, on in (("expand", heredoc.expand), ("chomp", heredoc.chomp)) if on
        )
        text += f"{indent}  heredoc {heredoc.fd} {_quoted(heredoc.name)}{marks}\n"
        text += "".join(
            f"{indent}    {_quoted(line)}\n" for line in heredoc.content.splitlines(keepends=True)
        )
    return text + ("" if node.sub is None else _lines(node.sub, depth + 1))


def _quoted(text: str) -> str:
    return rendered(text).rstrip("\n")

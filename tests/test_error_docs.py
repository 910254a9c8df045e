"""Every id that an error may have is in the documentation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ("docs/errors.md", "docs/doctor.md")


def text(node: ast.expr | None) -> Iterator[str]:
    """The strings that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from text(node.body)
        yield from text(node.orelse)


def ids(source: str) -> Iterator[str]:
    """Those of classes of errors, and those that are given to errors when they are made."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "id":
                    yield from text(line.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
            for keyword in node.keywords:
                if keyword.arg == "id":
                    yield from text(keyword.value)


def test_ids_are_documented() -> None:
    documented = "".join((ROOT / name).read_text() for name in DOCS)
    found = {
        name: path.relative_to(ROOT)
        for folder in ("rootbuild", "backends")
        for path in (ROOT / folder).rglob("*.py")
        for name in ids(path.read_text())
    }
    assert len(found) > 100, "they are looked for in the right way"
    missing = {name: str(path) for name, path in found.items() if f"`{name}`" not in documented}
    assert missing == {}

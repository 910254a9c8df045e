"""Whole files: what is read out of them, and what is said about those that are wrong.

`UPDATE_GOLDEN=1` writes the expected results anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from rootbuild.dockerfile.instructions import AnyInstruction
from rootbuild.dockerfile.parse import parse
from rootbuild.dockerfile.tree import Node, parse_tree
from rootbuild.errors import DockerfileError

HERE = Path(__file__).parent
POSITIVE = sorted((HERE / "golden").iterdir())
NEGATIVE = sorted((HERE / "golden-negative").iterdir())


def _node(node: Node) -> dict[str, object]:
    fields: dict[str, object] = {
        "instruction": node.keyword,
        "lines": [node.start_line, node.end_line],
        "flags": node.flags,
        "args": node.args,
        "json": node.json,
    }
    if node.heredocs:
        fields["heredocs"] = [asdict(heredoc) for heredoc in node.heredocs]
    if node.sub is not None:
        fields["sub"] = _node(node.sub)
    return fields


def _typed(instruction: AnyInstruction) -> dict[str, object]:
    fields = asdict(instruction)
    del fields["location"]
    return {"type": type(instruction).__name__, **fields}


def _positive(folder: Path) -> str:
    data = (folder / "Dockerfile").read_bytes()
    tree, typed = parse_tree(data, "Dockerfile"), parse(data)
    result = {
        "escape": tree.escape,
        "directives": tree.directives,
        "warnings": [[found.rule, found.location.start] for found in tree.warnings],
        "nodes": [_node(node) for node in tree.nodes],
        "instructions": [_typed(instruction) for instruction in typed.instructions],
    }
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def _negative(folder: Path) -> str:
    with pytest.raises(DockerfileError) as caught:
        parse((folder / "Dockerfile").read_bytes())
    report = caught.value.report
    place = report.location
    lines = [f"{caught.value.id}: {report.message}"]
    if place is not None:
        assert report.excerpt is not None
        lines.append(f"{place.file}:{place.start}-{place.end}")
        lines += [line[:80] for line in report.excerpt.render().split("\n")]
    if report.hint:
        lines.append(f"hint: {report.hint}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _compare(path: Path, actual: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(actual, encoding="utf-8")
    assert actual == path.read_text(encoding="utf-8")


def _ids(folders: Sequence[Path]) -> list[str]:
    return [folder.name for folder in folders]


@pytest.mark.parametrize("folder", POSITIVE, ids=_ids(POSITIVE))
def test_reads(folder: Path) -> None:
    _compare(folder / "expected.json", _positive(folder))


@pytest.mark.parametrize("folder", NEGATIVE, ids=_ids(NEGATIVE))
def test_refuses(folder: Path) -> None:
    _compare(folder / "expected.txt", _negative(folder))


def test_there_is_something_to_compare() -> None:
    assert len(POSITIVE) > 10
    assert len(NEGATIVE) > 40

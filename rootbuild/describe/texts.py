"""Columns of text, and JSON as Docker's tools write it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from rootbuild.errors import Location

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


def columns(rows: Sequence[Sequence[str]], gap: int = 3) -> str:
    """Rows as lines; each column but the last one is padded to its widest cell."""
    widths = [
        max(len(cell) for cell in column) + gap for column in zip_longest(*rows, fillvalue="")
    ]
    lines = []
    for row in rows:
        padded = [f"{cell:<{width}}" for cell, width in zip(row[:-1], widths, strict=False)]
        lines.append("".join([*padded, row[-1]]) + "\n")
    return "".join(lines)


def rendered(document: Json) -> str:
    """The document as text, with fields that hold nothing left out."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def filled(**fields: Json) -> dict[str, Json]:
    """An object without its empty fields."""
    return {key: value for key, value in fields.items() if value not in (None, "", False, [], {})}


def place(location: Location) -> Json:
    """Lines as BuildKit's protocol has them."""
    start: Json = {"line": location.start}
    end: Json = {"line": location.end}
    return {"ranges": [{"start": start, "end": end}]}


def encoded(source: str) -> str:
    """A file's content inside of JSON."""
    return base64.b64encode(source.encode("utf-8", "replace")).decode("ascii")

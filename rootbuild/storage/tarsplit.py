"""How a layer's archive is put together again from its files, as the engine noted when it came.

Beside each layer the store keeps a compressed list, one JSON object a line: pieces of the archive
as they are (headers, padding), and names of files whose content goes in between. So the archive
comes out as it was, byte for byte. Format: https://github.com/vbatts/tar-split
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FILE, _PIECE = 1, 2


class Content(NamedTuple):
    """The content of a file of the layer goes here: its name in the archive, and its size."""

    name: bytes
    size: int


class DamagedError(Exception):
    """The list cannot be read."""


def pieces(path: Path) -> Iterator[bytes | Content]:
    """What the archive consists of, in order. Raises DamagedError and OSError."""
    try:
        with gzip.open(path) as stream:
            for line in stream:
                entry = json.loads(line)
                kind, payload = entry["type"], entry.get("payload")
                if kind == _PIECE:
                    yield base64.b64decode(payload or "")
                elif kind == _FILE and entry.get("size"):
                    yield Content(_name(entry), int(entry["size"]))
    except (ValueError, KeyError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedError(str(error)) from error


def _name(entry: dict[str, str]) -> bytes:
    """Names that are no text are noted apart."""
    raw = entry.get("name_raw")
    return base64.b64decode(raw) if raw else entry["name"].encode("utf-8", "surrogateescape")

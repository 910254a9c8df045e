"""`image diff` and `image tree`: what images consist of, and where two of them differ."""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.cli.parse import Parsed
from rootbuild.cli.stored import identified, inside
from rootbuild.errors import HostError
from rootbuild.outputs import images
from rootbuild.outputs.compare import Difference, compare_configs, compare_files
from rootbuild.outputs.walk import walk
from rootbuild.runtime.display import size
from rootbuild.storage.contents import StoredLayer

_DIFFERENT = 1
_LARGEST = 3
_CREATED_BY = 60


def diff(parsed: Parsed) -> int:
    """Name the files and properties in which two images differ; exits with 1 if there are any."""

    def work(backend: Backend) -> int:
        known = backend.images()
        ids = [identified(name, known)[0] for name in parsed.args]
        found = list(_differences(backend, *ids))
        if parsed.text("format") == "json":
            sys.stdout.write(json.dumps([each.document() for each in found], indent=2) + "\n")
        else:
            sys.stdout.write("".join(map(_line, found)))
        return _DIFFERENT if found else 0

    return inside(work, _unknown)


def tree(parsed: Parsed) -> int:
    """Show what each layer of an image has added."""

    def work(backend: Backend) -> int:
        image, _ = identified(parsed.args[0], backend.images())
        found = images.image_of(backend, image)
        lines = _history(found.config)
        for number, layer in enumerate(found.layers):
            made_by = lines[number] if number < len(lines) else ""
            sys.stdout.write(f"{size(layer.size):>10}  {made_by}\n")
            for path, count in _largest(layer):
                sys.stdout.write(f"{'':>10}    {size(count):>9} {path}\n")
        return 0

    return inside(work, _unknown)


def _differences(backend: Backend, first: str, second: str) -> Iterator[Difference]:
    if first == second:
        return
    yield from compare_configs(backend.config(first), backend.config(second))
    with backend.session(), _mounted(backend, first) as one, _mounted(backend, second) as other:
        yield from compare_files(one, other)


@contextlib.contextmanager
def _mounted(backend: Backend, image: str) -> Iterator[Path]:
    name = f"rootbuild-look-{uuid.uuid4().hex[:12]}"
    with backend.start(image, name) as container, backend.mount(container) as root:
        yield root


def _line(found: Difference) -> str:
    if found.first is None:
        return f"+ {found.what} {_shown(found.second)}\n"
    if found.second is None:
        return f"- {found.what} {_shown(found.first)}\n"
    values = f"{_shown(found.first)} -> {_shown(found.second)}"
    return f"~ {found.what} {found.property}: {values}\n"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _history(config: bytes) -> list[str]:
    """What made each layer, in one line."""
    entries = json.loads(config).get("history") or []
    made = (entry.get("created_by") or "" for entry in entries if not entry.get("empty_layer"))
    return [" ".join(str(text).split())[:_CREATED_BY] for text in made]


def _largest(layer: StoredLayer) -> list[tuple[str, int]]:
    files = (
        (each.status.st_size, "/" + each.name.decode("utf-8", "replace"))
        for each in walk(os.fsencode(layer.folder))
        if each.status.st_size and not each.linked and os.path.isfile(each.path)
    )
    return [(path, count) for count, path in heapq.nlargest(_LARGEST, files)]


def _unknown() -> int:
    raise HostError(
        "the layers of this image store cannot be read: its layout or driver is unknown",
        id="store-layout",
    )

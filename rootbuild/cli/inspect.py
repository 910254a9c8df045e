"""`inspect`, `image inspect` and `container inspect`: what the engine knows, in Docker's form."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rootbuild import process
from rootbuild.backend import Runtime
from rootbuild.cli import network, rows, volume
from rootbuild.cli.image import names_of_images
from rootbuild.cli.parse import Parsed
from rootbuild.errors import (
    ImageNotFoundError,
    RootbuildError,
    RuntimeRefusedError,
    UsageError,
)
from rootbuild.host.folders import state_folder
from rootbuild.image import reference
from rootbuild.outputs.noted import Notes
from rootbuild.runtime.inspected import described
from rootbuild.runtime.names import (
    find_container,
    find_image,
    no_such_container,
    no_such_network,
)
from rootbuild.runtime.objects import VOLUMES
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

KINDS = ("container", "image", "network", "volume")
"""In the order in which they are looked at."""


def run(parsed: Parsed) -> int:
    """Things of any kind, or of the one that is asked for."""
    kind, runtime = parsed.text("type"), choose_runtime()
    if kind not in ("", *KINDS):
        known = ", ".join(f'"{each}"' for each in KINDS)
        raise UsageError(f'unknown type: "{kind}": must be one of {known}', exit_code=1)
    return _show_all(runtime, parsed, kind)


def images(parsed: Parsed) -> int:
    """Images by their names or ids."""
    return _show_all(choose_runtime(), parsed, "image")


def containers(parsed: Parsed) -> int:
    """Containers by their names or ids."""
    return _show_all(choose_runtime(), parsed, "container")


def _show_all(runtime: Runtime, parsed: Parsed, kind: str) -> int:
    """Print those that are there, then raise the error that names the others.

    Without a `kind` all are looked at.
    """
    found: dict[str, Record] = {}
    for each in [kind] if kind else KINDS:
        left = [name for name in parsed.args if name not in found]
        if left:
            found.update(_found(runtime, parsed, each, left))
    rows.write_all(parsed.text("format"), [found[name] for name in parsed.args if name in found])
    missing = [name for name in parsed.args if name not in found]
    if missing:
        sys.stdout.flush()
        raise _no_such(kind, missing)
    return 0


def _found(runtime: Runtime, parsed: Parsed, kind: str, names: Sequence[str]) -> dict[str, Record]:
    """Those things of a kind that are there, by the names that were given."""
    called = dict(zip(names, _called(runtime, kind, names), strict=True))
    there = {name: engine for name, engine in called.items() if engine is not None}
    if not there:
        return {}
    match kind:
        case "network":
            records = network.records(runtime, [*there.values()])
        case "volume":
            records = volume.records(runtime, [*there.values()])
        case _:
            size = ["--size"] if kind == "container" and parsed.switch("size") else []
            documents = _described(runtime, (kind, "inspect", *size, *there.values()))
            if kind == "image":
                _correct(runtime, [*there.values()], documents)
            records = [described(each, runtime.default_network) for each in documents]
    return dict(zip(there, records, strict=True))


def _described(runtime: Runtime, arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Containers or images, of which the engine is asked. Raises EngineError."""
    finished = process.look(runtime.command(arguments), runtime.environment())
    if finished.status != 0:
        raise process.failure(finished)
    documents: list[dict[str, Any]] = json.loads(finished.stdout)
    return documents


def _called(runtime: Runtime, kind: str, names: Sequence[str]) -> list[str | None]:
    """What the engine calls things of a kind; None stands for those that are not there."""
    match kind:
        case "container":
            containers = runtime.containers()
            found = (find_container(name, containers) for name in names)
            return [container.id if container else None for container in found]
        case "image":
            images = runtime.images()
            with names_of_images():
                return [find_image(name, images) for name in names]
        case "network":
            networks = network.known(runtime, names)
            return [networks.get(name) for name in names]
        case _:
            missing = VOLUMES.unknown(runtime, names)
            return [None if name in missing else name for name in names]


def _no_such(kind: str, names: Sequence[str]) -> RootbuildError:
    """What is said of things that are not there."""
    match kind:
        case "container":
            return no_such_container(names)
        case "image":
            shown = (name if reference.is_id(name) else reference.familiar(name) for name in names)
            return ImageNotFoundError("\n".join(f"No such image: {name}" for name in shown))
        case "network":
            return no_such_network(names)
        case "volume":
            return VOLUMES.error(names)
        case _:
            message = "\n".join(f"No such object: {name}" for name in names)
            return RuntimeRefusedError(message, id="no-such-object", exit_code=1)


def _correct(runtime: Runtime, names: Sequence[str], documents: Sequence[dict[str, Any]]) -> None:
    """Tell the digests that images have in registries.

    Of an index the engine describes the image for this host, which has others than the index.
    """
    known = runtime.images()
    notes = Notes(state_folder(), lambda: known)
    indexes = {name: each.id for each in known if each.instances for name in (each.id, *each.names)}
    for name, document in zip(names, documents, strict=False):
        told = () if name in indexes else document.get("RepoDigests") or ()
        image = indexes.get(name, str(document.get("Id")))
        document["RepoDigests"] = list(notes.registered(image, told))

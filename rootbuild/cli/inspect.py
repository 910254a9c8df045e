"""`inspect`, `image inspect` and `container inspect`: what the engine knows, in Docker's form."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rootbuild.backend import Runtime
from rootbuild.cli import rows
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.errors import ImageNotFoundError, RootbuildError, RuntimeRefusedError
from rootbuild.host.folders import state_folder
from rootbuild.image import reference
from rootbuild.outputs.noted import Notes
from rootbuild.runtime.calls import ask, call
from rootbuild.runtime.inspected import described
from rootbuild.runtime.names import find_container, find_image, no_such_container
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

_OURS = ("", "container", "image")


def run(parsed: Parsed) -> int:
    """Things of any kind: containers first, then images; other kinds when asked for."""
    kind = parsed.text("type")
    if kind not in _OURS:
        outcome = call(choose_runtime(), (*words(parsed), *parsed.args))
        outcome.replay()
        return min(outcome.status, 1)
    runtime = choose_runtime()
    found = [(name, _engine_name(runtime, name, kind)) for name in parsed.args]
    missing = [given for given, name in found if name is None]
    error = RuntimeRefusedError(
        "\n".join(f"No such object: {name}" for name in missing), id="no-such-object", exit_code=1
    )
    return _show(runtime, parsed, [name for _, name in found if name], error if missing else None)


def images(parsed: Parsed) -> int:
    """Images by their names or ids."""
    runtime = choose_runtime()
    known = runtime.images()
    found = [(name, find_image(name, known)) for name in parsed.args]
    missing = [name if reference.is_id(name) else reference.familiar(name)
               for name, image in found if image is None]  # fmt: skip
    error = ImageNotFoundError("\n".join(f"No such image: {name}" for name in missing))
    return _show(runtime, parsed, [n for _, n in found if n], error if missing else None)


def containers(parsed: Parsed) -> int:
    """Containers by their names or ids."""
    runtime = choose_runtime()
    known = runtime.containers()
    missing = [name for name in parsed.args if find_container(name, known) is None]
    there = [name for name in parsed.args if name not in missing]
    return _show(runtime, parsed, there, no_such_container(missing) if missing else None)


def _show(
    runtime: Runtime, parsed: Parsed, names: Sequence[str], error: RootbuildError | None
) -> int:
    """Print those that are there, then raise the error that names the others."""
    found: list[Record] = []
    if names:
        outcome = ask(runtime, (*words(parsed, ["format"]), *names))
        if outcome.status != 0:
            outcome.replay()
            return 1
        documents = json.loads(outcome.answer)
        _correct(runtime, names, documents)
        found = [described(each) for each in documents]
    form = parsed.text("format")
    if form and form != "json":
        sys.stdout.write("".join(rows.one(form, each) for each in found))
    else:
        indent = None if form else 4
        sys.stdout.write(json.dumps(found, indent=indent, ensure_ascii=False) + "\n")
    if error is not None:
        sys.stdout.flush()
        raise error
    return 0


def _correct(runtime: Runtime, names: Sequence[str], documents: Sequence[dict[str, Any]]) -> None:
    """Tell the digests that images have in registries.

    Of an index the engine describes the image for this host, which has others than the index.
    """
    if all("State" in each for each in documents):
        return
    known = runtime.images()
    notes = Notes(state_folder(), lambda: known)
    indexes = {name: each.id for each in known if each.instances for name in (each.id, *each.names)}
    for name, document in zip(names, documents, strict=False):
        if "State" not in document:
            told = () if name in indexes else document.get("RepoDigests") or ()
            image = indexes.get(name, str(document.get("Id")))
            document["RepoDigests"] = list(notes.registered(image, told))


def _engine_name(runtime: Runtime, name: str, kind: str) -> str | None:
    """The name by which the engine finds the thing; None if there is no such container or image."""
    if kind in ("", "container") and find_container(name, runtime.containers()) is not None:
        return name
    return None if kind == "container" else find_image(name, runtime.images())

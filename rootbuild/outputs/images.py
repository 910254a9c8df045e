"""Images of the store as archives, folders and pushes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rootbuild.backend import Backend, StoredImage
from rootbuild.errors import BuildError
from rootbuild.image.config import Pairs, parse_config
from rootbuild.image.manifest import Descriptor, Document
from rootbuild.image.reference import Reference, parse
from rootbuild.outputs.archive import Archive, Loadable
from rootbuild.outputs.failure import written
from rootbuild.outputs.layers import Image, find_image
from rootbuild.outputs.layout import NAME, opened_layout
from rootbuild.outputs.registry import Known, Listener, Remote
from rootbuild.outputs.request import ArchiveOutput, Form
from rootbuild.outputs.staged import staged_file
from rootbuild.outputs.whole import Part, created, described_whole, write_whole
from rootbuild.records import replace
from rootbuild.registry import hosts
from rootbuild.registry.client import Registries
from rootbuild.registry.hosts import Rule
from rootbuild.storage.contents import StoredLayer

CONTAINERD_NAME = "io.containerd.image.name"
CREATED = "org.opencontainers.image.created"


def image_of(backend: Backend, image: str) -> Image:
    """An image (id) of the store with its layers. Raises HostError."""
    return find_image(backend, image, lambda config: parse_config(config).diff_ids)


@contextmanager
def opened(dest: Path | None) -> Iterator[int]:
    """Where an archive goes: a file that appears when the block ends well, or standard output."""
    with written(dest):
        if dest is None:
            sys.stdout.flush()
            yield sys.stdout.fileno()
        else:
            with staged_file(dest) as target:
                yield target


def write_archive(parts: Sequence[Part], output: ArchiveOutput, names: Sequence[str]) -> Descriptor:
    """Write images with whole names to a file or a folder; gives the descriptor of all.

    Raises BuildError for what Docker's kind of archive cannot hold.
    """
    form = output.form
    if output.kind == "docker":
        parts = _without_index(parts)
    if output.folder:
        assert output.dest is not None
        with written(output.dest), opened_layout(output.dest) as (layout, index):
            document = write_whole(layout, parts, _for(output), "uncompressed", names)
            index += entries(document, parts, form, names)
    else:
        with opened(output.dest) as target:
            archive = Archive(target)
            document = write_whole(archive, parts, _for(output), "uncompressed", names)
            load = [loadable(document, names)] if output.kind == "docker" else []
            archive.finish(entries(document, parts, form, names), load)
    return described_whole(document, parts, form)


def _without_index(parts: Sequence[Part]) -> Sequence[Part]:
    if len(parts) > 1:
        raise BuildError(
            "docker exporter does not currently support exporting manifest lists",
            id="docker-archive",
            hint="take type=oci, or build for one platform",
        )
    return [Part(part.image) for part in parts]


def push(
    backend: Backend,
    parts: Sequence[Part],
    names: Sequence[Reference],
    form: Form,
    *,
    tell: Listener,
    known: Known,
    insecure: bool = False,
    by_digest: bool = False,
) -> Document:
    """Push images; `names` are of one repository. Gives the manifest or index.

    Raises RegistryError.
    """
    first = names[0]
    rules = hosts.read()
    if insecure:
        rules = (*rules, Rule(first.name, first.name, insecure=True))
    remote = Remote(
        Registries(rules=rules).writable(first),
        tell,
        known,
        lambda layer: _elsewhere(backend, first, layer),
    )
    document = write_whole(remote, parts, form, "gzip", [str(name) for name in names])
    if not by_digest:
        remote.tag(document, [name.tag for name in names])
    return document


def repositories(names: Sequence[Reference]) -> list[list[Reference]]:
    """Names, those of one repository together, in their order. Raises BuildError for digests."""
    found: dict[str, list[Reference]] = {}
    for name in names:
        if name.digest:
            raise BuildError(f"cannot push to a name with a digest: {name}", id="push")
        found.setdefault(name.name, []).append(name)
    return list(found.values())


def _for(output: ArchiveOutput) -> Form:
    form = output.form
    if form.oci is not None:
        return form
    return Form(form.compression, form.level, form.force, output.kind == "oci", form.annotations)


def entries(
    document: Document, parts: Sequence[Part], form: Form, names: Sequence[str]
) -> list[Descriptor]:
    """What an index says of what was written: one entry for each name, or one without."""
    found, date = described_whole(document, parts, form), created(parts)
    dated: Pairs = ((CREATED, date),) if date else ()
    marks: list[Pairs] = [
        ((CONTAINERD_NAME, name), *dated, (NAME, parse(name).tag)) for name in names
    ]
    return [replace(found, annotations=(*found.annotations, *each)) for each in marks or [dated]]


def loadable(document: Document, names: Sequence[str]) -> Loadable:
    """What `docker load` has to know of an image that was written.

    Docker takes whole names and writes short ones, which podman would load as `localhost/NAME`.
    """
    content = json.loads(document.data)
    return Loadable(
        content["config"]["digest"],
        tuple(layer["digest"] for layer in content["layers"]),
        tuple(str(parse(name)) for name in names),
    )


def _elsewhere(backend: Backend, name: Reference, layer: StoredLayer) -> tuple[str, ...]:
    """Other repositories of that registry from which an image with a layer has come."""
    found: dict[str, None] = {}
    for stored in backend.images():
        others = [parse(each) for each in stored.names]
        same = [o for o in others if o.registry == name.registry and o.name != name.name]
        if same and _has(backend, stored, layer):
            found.update(dict.fromkeys(other.repository for other in same))
    return tuple(found)


def _has(backend: Backend, stored: StoredImage, layer: StoredLayer) -> bool:
    return layer.diff_id in parse_config(backend.config(stored.id)).diff_ids

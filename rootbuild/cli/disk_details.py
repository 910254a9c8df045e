"""`system df --verbose`: each image, container, volume and entry of the build cache."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from rootbuild.backend import Runtime
from rootbuild.cli import cache, images, rows
from rootbuild.runtime import listed
from rootbuild.runtime.calls import ask
from rootbuild.runtime.disk import folder_size, index
from rootbuild.runtime.display import size
from rootbuild.runtime.listed import Listed, completed_all
from rootbuild.storage.index import UnknownLayoutError
from rootbuild.template import Record

_IMAGES = {
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "ID": "IMAGE ID",
    "CreatedSince": "CREATED",
    "Size": "SIZE",
    "SharedSize": "SHARED SIZE",
    "UniqueSize": "UNIQUE SIZE",
    "Containers": "CONTAINERS",
}
_CONTAINERS = {
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "LocalVolumes": "LOCAL VOLUMES",
    "Size": "SIZE",
    "RunningFor": "CREATED",
    "Status": "STATUS",
    "Names": "NAMES",
}
_VOLUMES = {"Name": "VOLUME NAME", "Links": "LINKS", "Size": "SIZE"}
_CACHE = {
    "ID": "CACHE ID",
    "Type": "CACHE TYPE",
    "Size": "SIZE",
    "LastUsed": "LAST USED",
    "InUse": "IN USE",
    "Shared": "SHARED",
}
_TITLES = {
    "Images": ("Images space usage:", _IMAGES),
    "Containers": ("Containers space usage:", _CONTAINERS),
    "Volumes": ("Local Volumes space usage:", _VOLUMES),
    "BuildCache": ("Build cache usage:", _CACHE),
}


def run(runtime: Runtime, form: str) -> int:
    """Print a table a kind of thing, or all of them by a template."""
    containers = _containers(runtime)
    now = datetime.now(timezone.utc)
    found: dict[str, list[Record]] = {
        "Images": _images(runtime, containers, now),
        "Containers": [_container(each, now) for each in containers],
        "Volumes": _volumes(runtime, containers),
        "BuildCache": cache.records(),
    }
    if form and form != "table":
        return rows.write(rows.line(form, Record(found)))
    return rows.write("\n".join(_table(kind, records) for kind, records in found.items()))


def _table(kind: str, records: Sequence[Record]) -> str:
    title, headers = _TITLES[kind]
    return f"{title}\n\n{rows.many('', records, headers, tuple(headers))}"


def _containers(runtime: Runtime) -> list[Listed]:
    outcome = ask(runtime, ("ps", "--all", "--size", "--no-trunc", "--format=json"))
    answer = reversed(json.loads(outcome.answer or b"[]") or [])
    return completed_all(runtime, [listed.read(row, runtime.default_network) for row in answer])


def _container(container: Listed, now: datetime) -> Record:
    written = container.size[0] if container.size else 0
    return Record({**listed.row(container, now), "Size": size(max(written, 0))})


def _images(runtime: Runtime, containers: Sequence[Listed], now: datetime) -> list[Record]:
    uses = Counter(container.image_id.removeprefix("sha256:") for container in containers)
    shared = _shared(runtime)
    records = []
    for repository, tag, image in images.entries(runtime.images()):
        record = images.record(repository, tag, image, whole=False, now=now)
        record["Containers"] = str(uses[image.id])
        if image.id in shared:
            record["SharedSize"] = size(shared[image.id])
            record["UniqueSize"] = size(max(image.size - shared[image.id], 0))
        records.append(record)
    return records


def _shared(runtime: Runtime) -> Mapping[str, int]:
    """Bytes of each image in layers that others have, too; nothing where that cannot be seen."""
    try:
        chains, sizes = index(runtime).chains()
    except UnknownLayoutError:
        return {}
    users = Counter(layer for image in chains for layer in set(image.chain))
    return {
        image.image: sum(sizes.get(layer, 0) for layer in image.chain if users[layer] > 1)
        for image in chains
    }


def _volumes(runtime: Runtime, containers: Sequence[Listed]) -> list[Record]:
    links = Counter(name for container in containers for name in set(container.mounts))
    return [
        Record(
            Name=volume.name,
            Links=str(links[volume.name]),
            Size=size(folder_size(Path(volume.path))),
        )
        for volume in runtime.volumes()
    ]

"""podman's JSON lists as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rootbuild.backend import (
    EngineInfo,
    Event,
    StoredContainer,
    StoredImage,
    StoredNetwork,
    StoredVolume,
)
from rootbuild.image import dates

# podman's words for what happens, where Docker has others.
_ACTIONS = {"died": "die", "remove": "destroy", "exec_died": "exec_die"}
_IMAGE_ACTIONS = {"remove": "delete"}


def images(text: bytes) -> tuple[StoredImage, ...]:
    """`podman images --format=json`, which may repeat an image for each of its names."""
    found: dict[str, StoredImage] = {}
    for row in _rows(text):
        image = StoredImage(
            id=str(row["Id"]),
            names=_strings(row.get("Names")),
            digest=str(row.get("Digest", "")),
            created=str(row.get("CreatedAt", "")),
            size=int(row.get("Size", -1)),
        )
        found.setdefault(image.id, image)
    return tuple(found.values())


def containers(text: bytes) -> tuple[StoredContainer, ...]:
    """`podman ps --format=json`."""
    return tuple(
        StoredContainer(
            id=str(row["Id"]),
            names=_strings(row.get("Names")),
            status=str(row.get("State", "")),
            networks=_strings(row.get("Networks")),
            image=str(row.get("ImageID", "")),
            size=int((row.get("Size") or {}).get("rwSize", -1)),
        )
        for row in _rows(text)
    )


def networks(text: bytes) -> tuple[tuple[str, str], ...]:
    """`podman network ls --format=json`; podman 3 and CNI write other letters."""
    return tuple(
        (str(row.get("id") or row.get("ID", "")), str(row.get("name") or row.get("Name", "")))
        for row in _rows(text)
    )


def described_networks(text: bytes) -> tuple[StoredNetwork, ...]:
    """`podman network inspect`, with netavark or podman 4's CNI."""
    return tuple(
        StoredNetwork(
            id=str(row.get("id", "")),
            name=str(row.get("name", "")),
            driver=str(row.get("driver", "")),
            created=str(row.get("created", "")),
            internal=bool(row.get("internal")),
            ipv6=bool(row.get("ipv6_enabled")),
            subnets=tuple(_subnet(subnet) for subnet in row.get("subnets") or ()),
            ipam=str((row.get("ipam_options") or {}).get("driver", "default")),
            labels=row.get("labels") or {},
            options=row.get("options") or {},
            names=bool(row.get("dns_enabled")),
        )
        for row in _rows(text)
    )


def _subnet(row: dict[str, Any]) -> tuple[str, str, str]:
    lease = row.get("lease_range") or {}
    ends = [str(lease[end]) for end in ("start_ip", "end_ip") if lease.get(end)]
    return str(row.get("subnet", "")), str(row.get("gateway", "")), "-".join(ends)


def volumes(text: bytes) -> tuple[StoredVolume, ...]:
    """`podman volume ls --format=json`."""
    return tuple(
        StoredVolume(str(row["Name"]), str(row.get("Mountpoint", "")), bool(row.get("Anonymous")))
        for row in _rows(text)
    )


def info(text: bytes) -> EngineInfo:
    """`podman info --format=json`."""
    found = json.loads(text)
    host, store = found["host"], found["store"]
    counts, security = store.get("containerStore") or {}, host.get("security") or {}
    system, plugins = host.get("distribution") or {}, found.get("plugins") or {}
    return EngineInfo(
        version=str(found["version"]["Version"]),
        driver=str(store["graphDriverName"]),
        root=str(store["graphRoot"]),
        status=tuple((str(k), str(v)) for k, v in (store.get("graphStatus") or {}).items()),
        running=int(counts.get("running", 0)),
        paused=int(counts.get("paused", 0)),
        stopped=int(counts.get("stopped", 0)),
        cgroup_driver=str(host.get("cgroupManager", "")),
        cgroup_version=str(host.get("cgroupVersion", "")).removeprefix("v"),
        kernel=str(host.get("kernel", "")),
        distribution=str(system.get("distribution", "")),
        distribution_version=str(system.get("version", "")),
        cpus=int(host.get("cpus", 0)),
        memory=int(host.get("memTotal", 0)),
        hostname=str(host.get("hostname", "")),
        runtime=str((host.get("ociRuntime") or {}).get("name", "")),
        log_driver=str(host.get("logDriver", "")),
        plugins={kind: _strings(names) for kind, names in plugins.items()},
        confinement=tuple(
            name for name in ("apparmor", "seccomp", "selinux") if security.get(f"{name}Enabled")
        ),
        rootless=bool(security.get("rootless")),
    )


def event(line: bytes) -> Event:
    """A line of `podman events --format={{json .}}`; podman 4 writes no `timeNano`."""
    row = json.loads(line)
    kind, status = str(row.get("Type", "")), str(row.get("Status", ""))
    given = {str(key): str(value) for key, value in (row.get("Attributes") or {}).items()}
    named = {"image": row.get("Image"), "name": row.get("Name")}
    actions = _IMAGE_ACTIONS if kind == "image" else _ACTIONS
    return Event(
        kind=kind,
        action=actions.get(status, status),
        id=str(row.get("ID") or row.get("Name") or ""),
        attributes={**given, **{key: str(value) for key, value in named.items() if value}},
        nanoseconds=_nanoseconds(str(row.get("Time", ""))),
    )


def _nanoseconds(text: str) -> int:
    try:
        return dates.nanoseconds(text)
    except ValueError:
        return 0


def _rows(text: bytes) -> Iterator[dict[str, Any]]:
    """The objects of a list; podman writes nothing, or null, for an empty one."""
    yield from (json.loads(text) if text.strip() else None) or ()


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

"""Containers as `docker ps` lists them, from the engine's JSON.

https://docs.docker.com/reference/cli/docker/container/ls/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from rootbuild.backend import Runtime
from rootbuild.image.reference import familiar, is_id
from rootbuild.records import dataclass, replace
from rootbuild.runtime.calls import ask
from rootbuild.runtime.display import age, shortened, size
from rootbuild.runtime.inspected import joined
from rootbuild.template import Record, Value

# The engine's words for states, where Docker has others.
_STATES = {"configured": "created", "initialized": "created", "stopped": "exited",
           "stopping": "running", "unknown": "dead"}  # fmt: skip
_HEALTH = re.compile(r"\((healthy|unhealthy|starting)\)")
_ANYWHERE = "0.0.0.0"  # noqa: S104 - it is only shown
_SHORT_COMMAND = 20
_SHORT_MOUNT = 15


@dataclass(frozen=True, slots=True)
class Listed:
    """A container. Moments are seconds since 1970; `size` is what it wrote, and with its image.

    Before it was `completed`, `mounts` are just places in it, and nothing is `exposed`.
    """

    id: str
    names: tuple[str, ...]
    image: str
    image_id: str
    command: str
    state: str
    health: str
    exit_code: int
    created: float
    started: float
    ended: float
    ports: tuple[Port, ...]
    labels: Mapping[str, str]
    networks: tuple[str, ...]
    mounts: tuple[str, ...] = ()
    local_volumes: int = 0
    exposed: tuple[str, ...] = ()
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """Ports of the host that lead to as many of the container."""

    address: str
    host: int
    container: int
    count: int
    protocol: str

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address or _ANYWHERE
        inside = f"{self._span(self.container)}/{self.protocol}"
        return f"{address}:{self._span(self.host)}->{inside}" if self.host else inside

    def _span(self, first: int) -> str:
        return str(first) if self.count <= 1 else f"{first}-{first + self.count - 1}"


class Row(Record):
    """A container's fields for templates, and `.Label "KEY"`."""

    labels: Mapping[str, str] = {}

    def method(self, name: str) -> Callable[..., Value] | None:
        """See `Record.method`."""
        return self._label if name == "Label" else None

    def _label(self, key: str) -> str:
        return self.labels.get(key, "")


class Headings(Record):
    """What stands above the columns; above a label, the last part of its key."""

    def method(self, name: str) -> Callable[..., Value] | None:
        """See `Record.method`."""
        return _heading if name == "Label" else None


def _heading(key: str) -> str:
    return key.rpartition(".")[2].replace("-", " ").replace("_", " ")


def read(row: Mapping[str, Any], default_network: str) -> Listed:
    """One row of the engine's list. Its `default_network` is Docker's `bridge`."""
    health = _HEALTH.search(str(row.get("Status", "")))
    state = str(row.get("State", ""))
    sizes = row.get("Size") or None
    return Listed(
        id=str(row["Id"]),
        names=tuple(row.get("Names") or ()),
        image=str(row.get("Image", "")),
        image_id=str(row.get("ImageID", "")),
        command=" ".join(row.get("Command") or ()),
        state=_STATES.get(state, state),
        health=health[1] if health else "",
        exit_code=int(row.get("ExitCode") or 0),
        created=float(row.get("Created") or 0),
        started=float(row.get("StartedAt") or 0),
        ended=float(row.get("ExitedAt") or 0),
        ports=tuple(_port(port) for port in row.get("Ports") or ()),
        labels=row.get("Labels") or {},
        networks=_docker_names(row.get("Networks") or (), default_network),
        mounts=tuple(row.get("Mounts") or ()),
        size=(int(sizes["rwSize"]), int(sizes["rootFsSize"])) if sizes else None,
    )


def completed(container: Listed, document: Mapping[str, Any], default_network: str) -> Listed:
    """The same with what only the engine's description of it tells."""
    settings, mounts = document.get("NetworkSettings") or {}, document.get("Mounts") or ()
    volumes = [mount for mount in mounts if mount.get("Type") == "volume"]
    return replace(
        container,
        networks=_docker_names(joined(document), default_network),
        mounts=tuple(str(mount.get("Name") or mount.get("Source", "")) for mount in mounts),
        local_volumes=sum(1 for mount in volumes if mount.get("Driver", "local") == "local"),
        exposed=tuple(settings.get("Ports") or ()),
    )


def completed_all(
    runtime: Runtime, containers: Sequence[Listed], *, exposed: bool = False
) -> list[Listed]:
    """All of them with all fields; with what is `exposed` if that matters.

    Of containers on networks of their own and without mounts, the list tells the rest. What is gone
    meanwhile stays as it was listed.
    """
    ids = [each.id for each in containers if exposed or each.mounts or not each.networks]
    if not ids:
        return [*containers]
    outcome = ask(runtime, ("container", "inspect", *ids))
    told = {each["Id"]: each for each in json.loads(outcome.answer or b"[]") or ()}
    return [
        completed(each, told[each.id], runtime.default_network) if each.id in told else each
        for each in containers
    ]


def row(container: Listed, now: datetime, *, whole: bool = False) -> Row:
    """What templates and tables show of it; nothing is shortened if it has to be `whole`."""
    command = container.command if whole else shortened(container.command, _SHORT_COMMAND)
    mounts = (m if whole else shortened(m, _SHORT_MOUNT) for m in container.mounts)
    labels = (f"{key}={value}" for key, value in sorted(container.labels.items()))
    found = Row(
        Command='"' + command.replace("\\", "\\\\").replace('"', '\\"') + '"',
        CreatedAt=_moment(container.created).astimezone().strftime("%Y-%m-%d %H:%M:%S %z %Z"),
        ID=container.id if whole else container.id[:12],
        Image=_image(container),
        Labels=",".join(labels),
        LocalVolumes=str(container.local_volumes),
        Mounts=",".join(mounts),
        Names=",".join(container.names),
        Networks=",".join(container.networks),
        Ports=", ".join(str(port) for port in container.ports),
        RunningFor=age(_moment(container.created), now),
        Size=_size(container.size),
        State=container.state,
        Status=_status(container, now),
    )
    found.labels = container.labels
    return found


def _port(row: Mapping[str, Any]) -> Port:
    return Port(
        address=str(row.get("host_ip") or ""),
        host=int(row.get("host_port") or 0),
        container=int(row.get("container_port") or 0),
        count=int(row.get("range") or 1),
        protocol=str(row.get("protocol") or "tcp"),
    )


def _docker_names(networks: Sequence[str], default_network: str) -> tuple[str, ...]:
    return tuple("bridge" if name == default_network else name for name in networks)


def _image(container: Listed) -> str:
    """Its name; its id where it has none."""
    if not container.image or is_id(container.image):
        return container.image_id.removeprefix("sha256:")[:12]
    return familiar(container.image)


def _size(size_of: tuple[int, int] | None) -> str:
    if size_of is None:
        return "0B"
    own, image = size_of
    return f"{size(max(own, 0))} (virtual {size(max(own, 0) + max(image, 0))})"


def _status(container: Listed, now: datetime) -> str:
    """`Up 2 minutes (healthy)`, `Exited (0) 5 seconds ago`, `Created`."""
    match container.state:
        case "running" | "paused":
            since = age(_moment(container.started), now).removesuffix(" ago")
            health = f"health: {container.health}" if container.health == "starting" else ""
            state = "Paused" if container.state == "paused" else health or container.health
            return f"Up {since} ({state})" if state else f"Up {since}"
        case "exited" | "restarting":
            ended = age(_moment(container.ended), now)
            return f"{container.state.capitalize()} ({container.exit_code}) {ended}"
        case "removing":
            return "Removal In Progress"
        case other:
            return other.capitalize()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(seconds, 0), timezone.utc)

"""The config of an image as data: the JSON blob whose digest is the image's id.

Field names and meanings: OCI image-spec config.md, and Docker's additions to it (Healthcheck,
OnBuild, Shell, ArgsEscaped), which are kept whatever the manifest format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rootbuild.image.platform import Platform, normalized
from rootbuild.records import dataclass, field, replace

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of an image's history. `created` is RFC 3339, empty for "when it is made"."""

    created_by: str
    empty_layer: bool
    created: str = ""
    comment: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class HealthProbe:
    """How a container's health is tested. Durations are nanoseconds; 0 means the default."""

    test: tuple[str, ...]
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image says about itself. `env` and `labels` keep their order."""

    architecture: str = "amd64"
    os: str = "linux"
    variant: str = ""
    os_version: str = ""
    author: str = ""
    env: Pairs = ()
    cmd: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    working_dir: str = ""
    user: str = ""
    volumes: tuple[str, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    labels: Pairs = ()
    shell: tuple[str, ...] = ()
    stop_signal: str = ""
    healthcheck: HealthProbe | None = None
    onbuild: tuple[str, ...] = ()
    args_escaped: bool = False
    diff_ids: tuple[str, ...] = ()
    history: tuple[HistoryEntry, ...] = field(default=())


def parse_config(blob: bytes) -> ImageConfig:
    """Read a config blob. Fields that are absent or null get their defaults."""
    document: Mapping[str, Any] = json.loads(blob)
    config: Mapping[str, Any] = document.get("config") or {}
    return ImageConfig(
        architecture=document.get("architecture") or "",
        os=document.get("os") or "linux",
        variant=document.get("variant") or "",
        os_version=document.get("os.version") or "",
        author=document.get("author") or "",
        env=tuple(_split(entry) for entry in config.get("Env") or ()),
        cmd=_words(config.get("Cmd")),
        entrypoint=_words(config.get("Entrypoint")),
        working_dir=config.get("WorkingDir") or "",
        user=config.get("User") or "",
        volumes=tuple(sorted(config.get("Volumes") or ())),
        exposed_ports=tuple(sorted(config.get("ExposedPorts") or ())),
        labels=tuple((config.get("Labels") or {}).items()),
        shell=tuple(config.get("Shell") or ()),
        stop_signal=config.get("StopSignal") or "",
        healthcheck=_probe(config.get("Healthcheck")),
        onbuild=tuple(config.get("OnBuild") or ()),
        args_escaped=bool(config.get("ArgsEscaped")),
        diff_ids=tuple((document.get("rootfs") or {}).get("diff_ids") or ()),
        history=tuple(_entry(entry) for entry in document.get("history") or ()),
    )


def render_config(image: ImageConfig, created: str) -> bytes:
    """The blob for a config; `created` (RFC 3339) also dates the history entries without a date."""
    document: dict[str, Any] = {
        "created": created,
        "author": image.author,
        "architecture": image.architecture,
        "variant": image.variant,
        "os": image.os,
        "os.version": image.os_version,
    }
    document = {key: value for key, value in document.items() if value}
    document["config"] = _render_runtime(image)
    document["rootfs"] = {"type": "layers", "diff_ids": list(image.diff_ids)}
    document["history"] = [_render_entry(entry, created) for entry in image.history]
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def on_platform(image: ImageConfig, platform: Platform) -> ImageConfig:
    """The config as one for a platform, whatever it was made for."""
    same = (image.os, image.architecture) == (platform.os, platform.architecture)
    variant = platform.variant or (image.variant if same else "")
    os_version = image.os_version if same else ""
    return replace(
        image,
        os=platform.os,
        architecture=platform.architecture,
        variant=variant,
        os_version=os_version,
    )


def platform_of(image: ImageConfig) -> Platform | None:
    """What an image says that it was made for, normalised; None if it does not say."""
    if not image.architecture:
        return None
    return normalized(Platform(image.os, image.architecture, image.variant))


def set_pair(pairs: Pairs, key: str, value: str) -> Pairs:
    """`pairs` with `key` set: in its old place if it is there, else at the end."""
    if any(name == key for name, _ in pairs):
        return tuple((name, value if name == key else old) for name, old in pairs)
    return (*pairs, (key, value))


def merged(*names: Iterable[str]) -> tuple[str, ...]:
    """All names, each once, sorted: how volumes and ports are kept."""
    return tuple(sorted({name for group in names for name in group}))


def _render_runtime(image: ImageConfig) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "User": image.user,
        "ExposedPorts": {port: {} for port in image.exposed_ports},
        "Env": [f"{key}={value}" for key, value in image.env],
        "Entrypoint": None if image.entrypoint is None else list(image.entrypoint),
        "Cmd": None if image.cmd is None else list(image.cmd),
        "Healthcheck": _render_probe(image.healthcheck),
        "ArgsEscaped": image.args_escaped,
        "Volumes": {path: {} for path in image.volumes},
        "WorkingDir": image.working_dir,
        "OnBuild": list(image.onbuild),
        "Labels": dict(image.labels),
        "StopSignal": image.stop_signal,
        "Shell": list(image.shell),
    }
    return {key: value for key, value in fields.items() if value}


def _render_entry(entry: HistoryEntry, created: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "created": entry.created or created,
        "created_by": entry.created_by,
        "author": entry.author,
        "comment": entry.comment,
        "empty_layer": entry.empty_layer,
    }
    return {key: value for key, value in fields.items() if value}


def _render_probe(probe: HealthProbe | None) -> dict[str, Any] | None:
    if probe is None:
        return None
    fields: dict[str, Any] = {
        "Test": list(probe.test),
        "Interval": probe.interval,
        "Timeout": probe.timeout,
        "StartPeriod": probe.start_period,
        "StartInterval": probe.start_interval,
        "Retries": probe.retries,
    }
    return {key: value for key, value in fields.items() if value}


def _entry(entry: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(
        created_by=entry.get("created_by") or "",
        empty_layer=bool(entry.get("empty_layer")),
        created=entry.get("created") or "",
        comment=entry.get("comment") or "",
        author=entry.get("author") or "",
    )


def _probe(found: Mapping[str, Any] | None) -> HealthProbe | None:
    if not found:
        return None
    return HealthProbe(
        test=tuple(found.get("Test") or ()),
        interval=int(found.get("Interval") or 0),
        timeout=int(found.get("Timeout") or 0),
        start_period=int(found.get("StartPeriod") or 0),
        start_interval=int(found.get("StartInterval") or 0),
        retries=int(found.get("Retries") or 0),
    )


def _words(found: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if found is None else tuple(found)


def _split(entry: str) -> tuple[str, str]:
    key, _, value = entry.partition("=")
    return key, value

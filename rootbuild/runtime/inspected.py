"""Containers and images as Docker describes them, from the engine's own descriptions.

What the engine says beyond Docker's fields stays. https://docs.docker.com/reference/api/engine/
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from typing import Any

from rootbuild.image.reference import familiar
from rootbuild.template import Record

# Maps by names that people gave, below structs; everything else is a struct in Docker.
_MAPS = frozenset(
    ("Annotations", "Data", "ExposedPorts", "Labels", "Networks", "Options", "PortBindings",
     "Ports", "Storage", "Sysctls", "Tmpfs", "Volumes")
)  # fmt: skip
_CONFIG: Mapping[str, Any] = {
    "Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": False,
    "AttachStderr": False, "Tty": False, "OpenStdin": False, "StdinOnce": False, "Env": [],
    "Cmd": [], "Image": "", "Volumes": None, "WorkingDir": "", "Entrypoint": [], "OnBuild": None,
    "Labels": {},
}  # fmt: skip
_NEVER = "0001-01-01T00:00:00Z"


# What Docker tells about a container on a network; some of it the engine has beside the networks.
_ENDPOINT: Mapping[str, Any] = {
    "IPAMConfig": None, "Links": None, "Aliases": None, "MacAddress": "", "NetworkID": "",
    "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "",
    "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DriverOpts": None,
}  # fmt: skip


def described(document: Mapping[str, Any], default_network: str = "") -> Record:
    """A container or an image. Which of them it is can be seen.

    The engine's `default_network` is Docker's `bridge`.
    """
    shaped = _container(document, default_network) if "State" in document else _image(document)
    found = _struct(shaped)
    assert isinstance(found, Record)
    return found


def joined(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The networks of a container, by the engine's description of it; `bridge` is the usual one."""
    settings = document.get("NetworkSettings") or {}
    if settings.get("Networks"):
        return tuple(settings["Networks"])
    mode = str((document.get("HostConfig") or {}).get("NetworkMode", ""))
    if mode in ("host", "none"):
        return (mode,)
    return () if mode.startswith(("container:", "ns:")) else ("bridge",)


def _image(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **document,
        "Id": _with_algorithm(str(document.get("Id", ""))),
        "RepoTags": _familiar(document.get("RepoTags")),
        "RepoDigests": _familiar(document.get("RepoDigests")),
        "DockerVersion": document.get("Version") or "",
        "Config": {**_CONFIG, **_given(document.get("Config"))},
        "Variant": document.get("Variant") or "",
        "Metadata": {"LastTagTime": _NEVER},
    }


def _container(document: Mapping[str, Any], default_network: str) -> dict[str, Any]:
    state = dict(document["State"])
    if not (state.get("Health") or {}).get("Status"):
        state.pop("Health", None)  # there is no such check
    host = dict(document.get("HostConfig") or {})
    policy = dict(host.get("RestartPolicy") or {})
    return {
        **document,
        "State": state,
        "Image": _with_algorithm(str(document.get("Image", ""))),
        "Name": f"/{str(document.get('Name', '')).removeprefix('/')}",
        "LogPath": (host.get("LogConfig") or {}).get("Path") or "",
        "Platform": document.get("Platform") or "linux",
        "NetworkSettings": _networks(document, default_network),
        "Config": {**_CONFIG, **_container_config(_given(document.get("Config")))},
        "HostConfig": {**host, "RestartPolicy": {**policy, "Name": policy.get("Name") or "no"}},
    }


def _networks(document: Mapping[str, Any], default_network: str) -> dict[str, Any]:
    """The network settings, in which Docker has an entry also for a network that is none."""
    settings = dict(document.get("NetworkSettings") or {})
    told = settings.get("Networks") or {}
    alone = {key: settings[key] for key in _ENDPOINT if key in settings}
    settings["Networks"] = {
        "bridge" if name == default_network else name: {**_ENDPOINT, **(told.get(name) or alone)}
        for name in joined(document)
    }
    return settings


def _container_config(config: dict[str, Any]) -> dict[str, Any]:
    entrypoint, number = config.get("Entrypoint"), config.get("StopSignal")
    if isinstance(entrypoint, str):  # the engine puts a space between its words
        config["Entrypoint"] = entrypoint.split(" ")
    if isinstance(number, int):
        known = number in signal.valid_signals()
        config["StopSignal"] = signal.Signals(number).name if known else str(number)
    return config


def _given(config: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (config or {}).items() if value not in (None, "")}


def _with_algorithm(identity: str) -> str:
    return f"sha256:{identity.removeprefix('sha256:')}" if identity else ""


def _familiar(names: Sequence[str] | None) -> list[str]:
    return [familiar(name) for name in names or ()]


def _struct(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        inner = {key: _struct(item, key) for key, item in value.items()}
        return inner if name in _MAPS else Record(inner)
    return [_struct(item, name) for item in value] if isinstance(value, list) else value

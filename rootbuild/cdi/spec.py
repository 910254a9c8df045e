"""One CDI specification: JSON-like data -> devices, each with its edits of a container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast, get_args

from rootbuild.execution import Bind, Device, Hook, HookStage
from rootbuild.records import dataclass

ACCESS = "rwm"
_VENDOR = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_CLASS = re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9])?")

Json = Mapping[str, object]


class SpecError(ValueError):
    """A specification that does not say what it has to."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What a device changes of a container. `unknown` are edits that we cannot make."""

    env: tuple[tuple[str, str], ...] = ()
    devices: tuple[Device, ...] = ()
    mounts: tuple[Bind, ...] = ()
    hooks: tuple[Hook, ...] = ()
    groups: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()

    def __add__(self, other: Edits) -> Edits:
        """Both, ours first."""
        return Edits(
            self.env + other.env,
            self.devices + other.devices,
            self.mounts + other.mounts,
            self.hooks + other.hooks,
            self.groups + other.groups,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True, slots=True)
class Specified:
    """A device of a specification: `common` are the edits that all devices of it share."""

    kind: str
    name: str
    annotations: tuple[tuple[str, str], ...]
    edits: Edits
    common: Edits
    source: Path

    @property
    def whole(self) -> str:
        """`vendor/class=name`."""
        return f"{self.kind}={self.name}"


def check_kind(kind: str) -> bool:
    """Whether this is `vendor/class`."""
    vendor, slash, class_ = kind.partition("/")
    return bool(slash and _VENDOR.fullmatch(vendor) and _CLASS.fullmatch(class_))


def read_spec(data: object, source: Path) -> tuple[Specified, ...]:
    """The devices of a specification, as its JSON or YAML was parsed. Raises SpecError."""
    spec = _object(data, "the specification")
    kind = _text(spec, "kind")
    if not check_kind(kind):
        raise SpecError(f"kind {kind!r} is not vendor/class")
    if not _text(spec, "cdiVersion"):
        raise SpecError("there is no cdiVersion")
    common = _edits(spec)
    shared = _annotations(spec)
    found = []
    for entry in _objects(spec, "devices"):
        name = _text(entry, "name")
        if not _NAME.fullmatch(name):
            raise SpecError(f"{name!r} is no name of a device")
        annotations = tuple({**shared, **_annotations(entry)}.items())
        found.append(Specified(kind, name, annotations, _edits(entry), common, source))
    if not found:
        raise SpecError("there are no devices in it")
    return tuple(found)


def _edits(owner: Json) -> Edits:
    edits = _object(owner.get("containerEdits") or {}, "containerEdits")
    unknown = [key for key in ("intelRdt", "netDevices") if edits.get(key)]
    return Edits(
        env=tuple(_variable(text) for text in _texts(edits, "env")),
        devices=tuple(_node(entry) for entry in _objects(edits, "deviceNodes")),
        mounts=tuple(_mount(entry) for entry in _objects(edits, "mounts")),
        hooks=tuple(_hook(entry) for entry in _objects(edits, "hooks")),
        groups=tuple(_numbers(edits, "additionalGids")),
        unknown=tuple(unknown),
    )


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise SpecError(f"the variable {text!r} is not NAME=VALUE")
    return name, value


def _node(entry: Json) -> Device:
    path = _path(entry, "path")
    source = _path(entry, "hostPath") if entry.get("hostPath") else path
    access = _text(entry, "permissions") or ACCESS
    if set(access) - set(ACCESS):
        raise SpecError(f"the permissions {access!r} of {path} are not of {ACCESS}")
    return Device(Path(source), path, access)


def _mount(entry: Json) -> Bind:
    kind = _text(entry, "type")
    if kind not in ("", "bind", "none"):
        raise SpecError(f"a mount of type {kind!r} is not known")
    read_only = "ro" in _texts(entry, "options")
    return Bind(Path(_path(entry, "hostPath")), _path(entry, "containerPath"), read_only)


def _hook(entry: Json) -> Hook:
    stage = _text(entry, "hookName")
    if stage not in get_args(HookStage):
        raise SpecError(f"a hook named {stage!r} is not known")
    timeout = entry.get("timeout") or 0
    if not isinstance(timeout, int):
        raise SpecError("the timeout of a hook is no number")
    args, env = tuple(_texts(entry, "args")), tuple(_texts(entry, "env"))
    return Hook(cast(HookStage, stage), _path(entry, "path"), args, env, timeout)


def _annotations(owner: Json) -> dict[str, str]:
    found = _object(owner.get("annotations") or {}, "annotations")
    return {str(key): str(value) for key, value in found.items()}


def _object(value: object, what: str) -> Json:
    if not isinstance(value, dict):
        raise SpecError(f"{what} is no object")
    return cast(Json, value)


def _objects(owner: Json, key: str) -> list[Json]:
    return [_object(entry, f"an entry of {key}") for entry in _list(owner, key)]


def _texts(owner: Json, key: str) -> list[str]:
    entries = _list(owner, key)
    if not all(isinstance(entry, str) for entry in entries):
        raise SpecError(f"{key} is no list of strings")
    return cast("list[str]", entries)


def _numbers(owner: Json, key: str) -> list[int]:
    entries = _list(owner, key)
    if not all(isinstance(entry, int) and entry >= 0 for entry in entries):
        raise SpecError(f"{key} is no list of ids")
    return cast("list[int]", entries)


def _list(owner: Json, key: str) -> list[object]:
    value = owner.get(key) or []
    if not isinstance(value, list):
        raise SpecError(f"{key} is no list")
    return value


def _text(owner: Json, key: str) -> str:
    value = owner.get(key) or ""
    if not isinstance(value, str):
        raise SpecError(f"{key} is no string")
    return value


def _path(owner: Json, key: str) -> str:
    path = _text(owner, key)
    if not path.startswith("/") or "\0" in path:
        raise SpecError(f"{key} {path!r} is no absolute path")
    return path

"""Targets and groups: what their fields hold, and how one is put over another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from rootbuild.bake import entries
from rootbuild.bake.nodes import Value
from rootbuild.bake.values import Unfit, as_bool, as_list, as_map, as_string
from rootbuild.records import dataclass, field, replace

Kind = Literal["text", "bool", "texts", "pairs", "entries"]
VALID_NAME = re.compile(r"[a-zA-Z0-9_-]+\Z")


@dataclass(frozen=True, slots=True)
class Field:
    """What a field holds, and whether lists of two definitions are put together."""

    kind: Kind
    together: bool = True


# In the order in which they are printed.
FIELDS: dict[str, Field] = {
    "description": Field("text"),
    "inherits": Field("texts"),
    "annotations": Field("texts"),
    "attest": Field("entries"),
    "context": Field("text"),
    "contexts": Field("pairs"),
    "dockerfile": Field("text"),
    "dockerfile-inline": Field("text"),
    "args": Field("pairs"),
    "labels": Field("pairs"),
    "tags": Field("texts", together=False),
    "cache-from": Field("entries"),
    "cache-to": Field("entries", together=False),
    "target": Field("text"),
    "secret": Field("entries"),
    "ssh": Field("entries"),
    "platforms": Field("texts", together=False),
    "output": Field("entries", together=False),
    "pull": Field("bool"),
    "no-cache": Field("bool"),
    "network": Field("text"),
    "no-cache-filter": Field("texts"),
    "shm-size": Field("text"),
    "ulimits": Field("texts"),
    "call": Field("text"),
    "entitlements": Field("texts"),
    "extra-hosts": Field("pairs"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A target; `fields` has those that are set. A `linked` one is built for others alone."""

    name: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    linked: bool = False

    def text(self, name: str, default: str = "") -> str:
        """A field that is a text."""
        value = self.fields.get(name)
        return default if value is None else as_string(value)

    def switch(self, name: str) -> bool:
        """A field that is on or off."""
        return self.fields.get(name) is True

    def texts(self, name: str) -> list[str]:
        """A field that is a list of texts."""
        return [as_string(value) for value in as_list(self.fields.get(name, []))]

    def pairs(self, name: str) -> dict[str, str]:
        """A field that is a map of texts."""
        found = as_map(self.fields.get(name, {}))
        return {key: as_string(value) for key, value in found.items()}

    def entries(self, name: str) -> list[entries.Entry]:
        """A field of entries."""
        return [as_map(value) for value in as_list(self.fields.get(name, []))]

    def having(self, **fields: Value) -> Target:
        """With some fields set, whose names have underscores here."""
        new = {name.replace("_", "-"): value for name, value in fields.items()}
        return replace(self, fields={**self.fields, **new})

    def over(self, other: Target) -> Target:
        """This one put over another, whose name counts."""
        fields = dict(other.fields)
        for name, value in self.fields.items():
            known, about = fields.get(name), FIELDS[name]
            if isinstance(value, dict) and isinstance(known, dict):
                value = {**known, **value}
            elif isinstance(value, list) and isinstance(known, list) and about.together:
                value = [*known, *value]
            fields[name] = value
        return replace(other, fields=fields)

    def normal(self) -> Target:
        """Without doubles and empty texts in lists; a host's network is an entitlement."""
        fields = dict(self.fields)
        if fields.get("network") == "host":
            fields["entitlements"] = [*self.texts("entitlements"), "network.host"]
        for name, value in fields.items():
            if FIELDS[name].kind == "texts" and isinstance(value, list):
                fields[name] = [*dict.fromkeys(text for text in value if text)]
            elif FIELDS[name].kind == "entries" and isinstance(value, list):
                kept = entries.without_doubles(name, self.entries(name))
                fields[name] = [*kept]
        contexts = self.pairs("contexts")
        if contexts:
            fields["contexts"] = {key: value for key, value in contexts.items() if value}
        return replace(self, fields=fields)


@dataclass(frozen=True, slots=True)
class Group:
    """Targets, and other groups, by one name."""

    name: str
    targets: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as `--list` has it; `value` is None for null."""

    name: str
    type: str
    value: str | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """All that the files define."""

    groups: tuple[Group, ...] = ()
    targets: tuple[Target, ...] = ()
    variables: tuple[Variable, ...] = ()

    def group(self, name: str) -> Group | None:
        """The group of that name."""
        return next((group for group in self.groups if group.name == name), None)

    def target(self, name: str) -> Target | None:
        """The target of that name."""
        return next((target for target in self.targets if target.name == name), None)

    @property
    def names(self) -> list[str]:
        """The names of all groups and targets."""
        groups = [group.name for group in self.groups]
        return groups + [target.name for target in self.targets]

    def with_target(self, target: Target) -> Definition:
        """With one more; put over one that is there by its name."""
        known = self.target(target.name)
        if known is None:
            return replace(self, targets=(*self.targets, target))
        new = target.over(known)
        return replace(self, targets=tuple(new if t is known else t for t in self.targets))

    def with_group(self, group: Group) -> Definition:
        """With one more; in place of one that is there by its name."""
        kept = tuple(known for known in self.groups if known.name != group.name)
        return replace(self, groups=(*kept, group))


def read_field(name: str, value: Value) -> Value:
    """What a field of a definition comes to. Raises Unfit."""
    match FIELDS[name].kind:
        case "text":
            return as_string(value)
        case "bool":
            return as_bool(value)
        case "texts":
            return [as_string(item) for item in as_list(value)]
        case "pairs":
            found = as_map(value).items()
            return {key: as_string(item) for key, item in found if item is not None}
        case "entries":
            return [entries.read(name, item) for item in as_list(value) if item != ""]


def check_name(name: str) -> str:
    """The name of a target or group. Raises Unfit."""
    if not VALID_NAME.match(name):
        raise Unfit(f'invalid name {name!r}: only "[a-zA-Z0-9_-]+" are allowed')
    return name


def sanitize(name: str) -> str:
    """The name of a compose service as a target's: dots are not allowed in those."""
    return name.replace(".", "_")

"""`--set PATTERN.KEY=VALUE`: fields of targets that the command line says.

https://docs.docker.com/build/bake/overrides/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from rootbuild.bake.failure import BakeError
from rootbuild.bake.nodes import Value
from rootbuild.bake.target import FIELDS, Definition, Target, read_field
from rootbuild.bake.values import Unfit, as_bool
from rootbuild.records import dataclass, replace

# Names of `--set` that are other ones in files.
_FIELDS = {"platform": "platforms", "secrets": "secret"}
_PAIRS = ("args", "contexts", "labels", "extra-hosts")
_ALWAYS_TOGETHER = ("entitlements", "annotations", "attest")
_NO_KEYS = ("inherits", "description", "platforms", "secret", "dockerfile-inline")


@dataclass(frozen=True, slots=True)
class Override:
    """Values for one key; `more` adds them to what is there."""

    key: str
    name: str
    values: tuple[str, ...]
    more: bool = False


Overrides = Mapping[str, Sequence[Override]]


def read(
    texts: Sequence[str], definition: Definition, environment: Mapping[str, str]
) -> dict[str, list[Override]]:
    """The overrides of each target. Raises BakeError for those that make no sense."""
    found: dict[str, list[Override]] = {}
    for text in texts:
        where, equals, value = text.partition("=")
        more = where.endswith("+")
        pattern, _, rest = where.removesuffix("+").partition(".")
        key, _, name = rest.partition(".")
        _check(text, where, key, name, bool(equals))
        if not equals:
            if name not in environment:
                continue
            value = environment[name]
        for target in _matching(pattern, definition):
            _add(found.setdefault(target, []), Override(key, name, (value,), more))
    return found


def _check(text: str, where: str, key: str, name: str, equals: bool) -> None:
    if not key:
        raise BakeError(f"invalid override key {where}, expected target.name")
    if not equals and key != "args":
        raise BakeError(f"invalid override {text}, expected target.name=value")
    if key in _PAIRS and not name:
        raise BakeError(f"invalid key {where}, {key} requires name")
    if key not in ("push", "load", *_FIELDS) and (key not in FIELDS or key in _NO_KEYS):
        from rootbuild.dockerfile.suggest import nearest

        near = nearest(key, [k for k in (*FIELDS, *_FIELDS) if k not in _NO_KEYS])
        raise BakeError(f"unknown key: {key}", hint=f"did you mean {near}?" if near else "")


def _matching(pattern: str, definition: Definition) -> list[str]:
    names = [target.name for target in definition.targets]
    if pattern in names:
        return [pattern]
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        raise BakeError(f"could not find any target matching '{pattern}'")
    return found


def _add(known: list[Override], new: Override) -> None:
    """Several values for a list are put together; of others the last one counts."""
    for at, old in enumerate(known):
        if (old.key, old.name) == (new.key, new.name):
            is_list = FIELDS.get(_FIELDS.get(new.key, new.key))
            together = is_list is not None and is_list.kind in ("texts", "entries")
            values = (*old.values, *new.values) if together else new.values
            known[at] = replace(new, values=values)
            return
    known.append(new)


def put(target: Target, overrides: Sequence[Override]) -> Target:
    """A target with its overrides; `push` and `load` come last. Raises BakeError."""
    for override in sorted(overrides, key=lambda each: each.key in ("push", "load")):
        try:
            target = _put(target, override)
        except Unfit as unfit:
            raise BakeError(f"invalid value for {override.key}: {unfit}") from unfit
    return target


def _put(target: Target, override: Override) -> Target:
    last = override.values[-1]
    if override.key in ("push", "load"):
        if not as_bool(last):
            return _unpushed(target) if override.key == "push" else target
        return _pushed(target) if override.key == "push" else _loaded(target)
    field = _FIELDS.get(override.key, override.key)
    kind = FIELDS[field].kind
    if kind == "pairs":
        new: Value = {**target.pairs(field), override.name: last}
    elif kind in ("texts", "entries"):
        given: list[Value] = [value for value in override.values if value]
        found = read_field(field, given)
        known = target.fields.get(field)
        together = override.more or override.key in _ALWAYS_TOGETHER
        assert isinstance(found, list)
        new = [*known, *found] if together and isinstance(known, list) else found
    elif kind == "bool":
        new = _boolean(override.key, last)
    else:
        new = last
    return replace(target, fields={**target.fields, field: new})


def _boolean(key: str, text: str) -> bool:
    try:
        from rootbuild.booleans import truth

        return truth(text)
    except ValueError:
        raise Unfit(f"invalid value {text} for boolean key {key}") from None


def _pushed(target: Target) -> Target:
    """What is not only for a registry stays; images are pushed."""
    outputs: list[Value] = []
    for output in target.entries("output"):
        outputs.append({**output, "push": "true"} if output.get("type") == "image" else output)
    if all(output.get("type") == "docker" for output in target.entries("output")):
        outputs.append({"type": "image", "push": "true"})
    return target.having(output=outputs)


def _unpushed(target: Target) -> Target:
    outputs: list[Value] = []
    for output in target.entries("output"):
        if output.get("type") == "image":
            outputs.append({**output, "push": "false"})
        elif output.get("type") != "registry":
            outputs.append(output)
    return target.having(output=outputs)


def _loaded(target: Target) -> Target:
    outputs = target.entries("output")
    for output in outputs:
        if output.get("type") == "docker" and not output.get("dest"):
            return target
        if output.get("type") not in ("docker", "image", "registry", "oci"):
            return target
    loaded: list[Value] = [*outputs, {"type": "docker"}]
    return target.having(output=loaded)

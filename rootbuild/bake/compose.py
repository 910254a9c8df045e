"""Compose files -> a Definition: each service with a `build` is a target.

https://docs.docker.com/build/bake/compose-file/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from rootbuild.bake.failure import BakeError, Source
from rootbuild.bake.interpolate import interpolate
from rootbuild.bake.nodes import Value
from rootbuild.bake.target import Definition, Group, Target, check_name, read_field, sanitize
from rootbuild.bake.values import Unfit, as_string

Tree = dict[str, Any]


def load(sources: Iterable[Source], environment: Mapping[str, str]) -> Definition:
    """What all compose files together define. Raises BakeError."""
    merged: Tree = {}
    folder = Path()
    for source in sources:
        merged = _over(_normal(_read(source, environment), source), merged)
        last = source
    try:
        return _definition(merged, folder, environment)
    except Unfit as unfit:
        raise BakeError(f"failed to parse {last.name}: {unfit}") from unfit


def _read(source: Source, environment: Mapping[str, str]) -> Tree:
    import yaml

    try:
        found = yaml.safe_load(source.text)
        if not isinstance(found, dict) or not isinstance(found.get("services", {}), dict):
            raise Unfit("a compose file is a map with services in it")
        if "include" in found:
            raise Unfit("include is not supported: name the files with -f")
        tree: Tree = interpolate(found, environment)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise source.error(f"Invalid YAML: {error.problem}", line) from error
    except Unfit as unfit:
        raise BakeError(f"failed to parse {source.name}: {unfit}") from unfit
    return tree


def _normal(tree: Tree, source: Source) -> Tree:
    """With the short forms of what is merged written out."""
    services = {}
    for name, service in tree.get("services", {}).items():
        service = dict(service or {})
        build = service.get("build")
        if isinstance(build, str):
            build = {"context": build}
        if build is not None:
            build = dict(build)
            for key in ("args", "labels", "additional_contexts", "extra_hosts"):
                if key in build:
                    build[key] = _pairs(build[key], ":" if key == "extra_hosts" else "=")
            service["build"] = build
        if "environment" in service:
            service["environment"] = _pairs(service["environment"])
        services[str(name)] = service
    return {**tree, "services": services}


def _pairs(value: Any, separator: str = "=") -> Tree:
    """A map, or a list of `key=value`; a key alone has no value yet."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    found: Tree = {}
    for item in value or []:
        text = str(item)
        split = "=" if "=" in text else separator
        key, mark, rest = text.partition(split)
        found[key] = rest if mark else None
    return found


def _over(new: Any, old: Any) -> Any:
    """One tree put over another: maps are merged, lists put together."""
    if isinstance(new, dict) and isinstance(old, dict):
        return {**old, **{key: _over(item, old.get(key)) for key, item in new.items()}}
    if isinstance(new, list) and isinstance(old, list):
        return old + [item for item in new if item not in old]
    return old if new is None and old is not None else new


def _definition(tree: Tree, folder: Path, environment: Mapping[str, str]) -> Definition:
    services: Tree = tree.get("services", {})
    if not services and not tree.get("secrets"):
        raise Unfit("empty compose file")
    targets = []
    for name in services:
        service = _extended(name, services, ())
        if service.get("build") is not None:
            targets.append(_target(name, service, tree, environment))
    names = tuple(target.name for target in targets)
    return Definition((Group("default", names),), tuple(targets))


def _extended(name: str, services: Tree, seen: tuple[str, ...]) -> Tree:
    """A service over those that it extends."""
    service: Tree = services[name]
    extends = service.get("extends")
    if extends is None:
        return service
    base = extends.get("service") if isinstance(extends, dict) else extends
    if isinstance(extends, dict) and extends.get("file"):
        raise Unfit(f"service {name}: extends with a file is not supported: name it with -f")
    if base not in services:
        raise Unfit(f'service "{name}" extends "{base}", which is not there')
    if base in seen or base == name:
        raise Unfit(f"circular reference with extends: {', '.join((*seen, name, base))}")
    whole: Tree = _over(service, _extended(base, services, (*seen, name)))
    return whole


def _target(name: str, service: Tree, tree: Tree, environment: Mapping[str, str]) -> Target:
    build: Tree = service["build"]
    fields: dict[str, Value] = {}
    for key, field, convert in _FIELDS:
        if (value := build.get(key)) not in (None, "", [], {}):
            fields[field] = read_field(field, convert(value))
    own = service.get("environment", {})
    args = {
        key: own.get(key, environment.get(key)) if value is None else value
        for key, value in build.get("args", {}).items()
    }
    if any(value is not None for value in args.values()):
        fields["args"] = read_field("args", args)
    if build.get("secrets"):
        fields["secret"] = [_secret(given, tree.get("secrets") or {}) for given in build["secrets"]]
    attests = [f"type={kind},{_attest(build[kind])}".rstrip(",")
               for kind in ("sbom", "provenance") if build.get(kind)]  # fmt: skip
    if attests:
        fields["attest"] = read_field("attest", [*attests])
    if "tags" not in fields and service.get("image"):
        fields["tags"] = [as_string(service["image"])]
    target = Target(check_name(sanitize(name)), fields)
    return _extension(target, build.get("x-bake") or {})


def _texts(value: Any) -> Value:
    """A list of texts; numbers and the like are texts too."""
    return [as_string(item) for item in (value if isinstance(value, list) else [value])]


def _agents(value: Any) -> Value:
    items = value if isinstance(value, list) else [f"{k}={v}" if v else k for k, v in value.items()]
    return _texts(items)


def _ulimits(value: Any) -> Value:
    found: list[Value] = []
    for name, limit in value.items():
        soft, hard = (limit["soft"], limit["hard"]) if isinstance(limit, dict) else (limit, limit)
        found.append(f"{name}={soft}:{hard}")
    return found


def _contexts(value: Any) -> Value:
    found: dict[str, Value] = {}
    for name, place in value.items():
        prefix, colon, rest = str(place).partition(":")
        linked = colon and prefix in ("service", "target")
        found[name] = f"target:{sanitize(rest)}" if linked else str(place)
    return found


def _same(value: Any) -> Value:
    found: Value = value
    return found


_FIELDS: tuple[tuple[str, str, Callable[[Any], Value]], ...] = (
    ("context", "context", _same),
    ("additional_contexts", "contexts", _contexts),
    ("dockerfile", "dockerfile", _same),
    ("dockerfile_inline", "dockerfile-inline", _same),
    ("tags", "tags", _texts),
    ("labels", "labels", _same),
    ("cache_from", "cache-from", _texts),
    ("cache_to", "cache-to", _texts),
    ("network", "network", _same),
    ("platforms", "platforms", _texts),
    ("ssh", "ssh", _agents),
    ("shm_size", "shm-size", _same),
    ("ulimits", "ulimits", _ulimits),
    ("extra_hosts", "extra-hosts", _same),
    ("no_cache", "no-cache", _same),
    ("pull", "pull", _same),
    ("target", "target", _same),
    ("entitlements", "entitlements", _texts),
)
# Of the extension `x-bake`: what is put together with the service's own, and what replaces it.
_EXTENSION = (
    "tags", "cache-from", "cache-to", "secret", "ssh", "platforms", "output", "pull", "no-cache",
    "no-cache-filter", "contexts",
)  # fmt: skip


def _attest(value: Any) -> str:
    text = as_string(value)
    return {"true": "", "false": "disabled=true"}.get(text, text)


def _secret(given: Any, known: Tree) -> Value:
    name = as_string(given.get("source") if isinstance(given, dict) else given)
    about = known.get(name) or {}
    if about.get("external"):
        raise Unfit(f"unsupported external secret {name}")
    found: dict[str, Value] = {"id": name}
    if about.get("file"):
        found["src"] = as_string(about["file"])
    if about.get("environment"):
        found["env"] = as_string(about["environment"])
    return found


def _extension(target: Target, more: Tree) -> Target:
    fields: dict[str, Value] = {}
    for key, value in more.items():
        if key not in _EXTENSION:
            continue
        if key == "contexts":
            fields[key] = {**_map(_contexts(value)), **target.pairs("contexts")}
        elif key in ("pull", "no-cache"):
            fields[key] = read_field(key, value)
        else:
            words = value.split() if isinstance(value, str) else value
            known = target.fields.get(key, [])
            assert isinstance(known, list)
            new = read_field(key, _texts(words))
            assert isinstance(new, list)
            fields[key] = [*known, *new]
    return Target(target.name, {**target.fields, **fields})


def _map(value: Value) -> dict[str, Value]:
    assert isinstance(value, dict)
    return value

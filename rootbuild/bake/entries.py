"""Entries that are given as text (`type=local,dest=out`) or as objects, and their short forms.

An entry is a map from keys to texts; that of `ssh` has a list of paths.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable

from rootbuild.bake.nodes import Value
from rootbuild.bake.values import Unfit, as_string

Entry = dict[str, Value]


def fields(text: str) -> list[str]:
    """The fields of a line of CSV."""
    return next(csv.reader([text]), [])


def _pairs(text: str) -> Entry:
    found: Entry = {}
    for field in fields(text):
        key, equals, value = field.partition("=")
        if not equals:
            raise Unfit(f"invalid value {field}: key=value is expected")
        found[key.strip().lower()] = value
    return found


def read_cache(text: str) -> Entry:
    """`type=registry,ref=NAME`; a name alone is one of a registry."""
    if "=" not in text:
        return {"type": "registry", "ref": text}
    found = _pairs(text)
    if "type" not in found:
        raise Unfit(f"type required for cache entry {text!r}")
    return found


def read_output(text: str) -> Entry:
    """`type=TYPE,...`; a path alone is a folder, and `-` a tar archive."""
    if text == "-":
        return {"type": "tar", "dest": "-"}
    if "=" not in text:
        return {"type": "local", "dest": text}
    found = _pairs(text)
    if "type" not in found:
        raise Unfit(f"type is required for output {text!r}")
    return found


def read_secret(text: str) -> Entry:
    """`id=ID[,src=FILE][,env=NAME]`."""
    found = _pairs(text)
    kind = found.pop("type", "file")
    if "source" in found:
        found["src"] = found.pop("source")
    if kind == "env" and "src" in found:
        found["env"] = found.pop("src")
    unknown = [key for key in found if key not in ("id", "src", "env")]
    if unknown:
        raise Unfit(f"unexpected key '{unknown[0]}' in '{text}'")
    return _ordered(found, ("id", "src", "env"))


def read_ssh(text: str) -> Entry:
    """`ID[=PATH[,PATH]]`."""
    name, _, paths = text.partition("=")
    found: Entry = {"id": name}
    if paths:
        found["paths"] = [*paths.split(",")]
    return found


def read_attest(text: str) -> Entry:
    """`type=TYPE[,disabled=true][,...]`."""
    found = _pairs(text)
    if "type" not in found:
        raise Unfit("attestation type not specified")
    return found


READERS: dict[str, Callable[[str], Entry]] = {
    "attest": read_attest,
    "cache-from": read_cache,
    "cache-to": read_cache,
    "output": read_output,
    "secret": read_secret,
    "ssh": read_ssh,
}


def read(kind: str, value: Value) -> Entry:
    """An entry out of a definition. Raises Unfit."""
    if isinstance(value, str):
        return READERS[kind](value)
    if not isinstance(value, dict):
        raise Unfit("an entry is a text or an object")
    found: Entry = {
        key: [as_string(path) for path in item] if isinstance(item, list) else as_string(item)
        for key, item in value.items()
        if item is not None
    }
    return found


def write(kind: str, entry: Entry) -> str:
    """The entry as an option of a build has it."""
    if kind == "ssh":
        paths = entry.get("paths")
        name = as_string(entry.get("id", "default"))
        return f"{name}={','.join(map(as_string, paths))}" if isinstance(paths, list) else name
    first = [key for key in ("type", "id") if key in entry]
    keys = [*first, *(key for key in entry if key not in first)]
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(f"{key}={as_string(entry[key])}" for key in keys)
    return out.getvalue()


def shown(kind: str, entry: Entry) -> Entry:
    """The entry in the order in which buildx prints it."""
    if kind == "secret":
        return _ordered(entry, ("id", "src", "env"))
    return entry if kind == "ssh" else _ordered(entry, sorted(entry))


def without_doubles(kind: str, entries: Iterable[Entry]) -> list[Entry]:
    """Each once; of attestations of a type, and of secrets and agents by an id, the last counts."""
    found: dict[str, Entry] = {}
    for entry in entries:
        key = {"attest": "type", "secret": "id", "ssh": "id"}.get(kind)
        found[as_string(entry.get(key, "")) if key else write(kind, entry)] = entry
    return list(found.values())


def _ordered(entry: Entry, keys: Iterable[str]) -> Entry:
    return {key: entry[key] for key in keys if key in entry}

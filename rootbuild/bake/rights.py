"""What a definition may reach: files outside of the current folder, agents and the host's network
only where the user has allowed that, as definitions may be other people's.

https://docs.docker.com/reference/cli/docker/buildx/bake/#allow
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rootbuild.bake.failure import BakeError
from rootbuild.bake.select import LINK, is_remote
from rootbuild.bake.target import Target
from rootbuild.booleans import truth
from rootbuild.records import dataclass

FS_CHECK = "BUILDX_BAKE_ENTITLEMENTS_FS"
_KEYS = ("network.host", "security.insecure", "ssh", "device")
_ANY = "*"


@dataclass(frozen=True, slots=True)
class Rights:
    """Keys that are allowed, and folders that may be read and written."""

    keys: frozenset[str]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that needs leave: the option that gives it, and what it is in words."""

    flag: str
    about: str


def read(texts: Iterable[str], environment: Mapping[str, str]) -> Rights:
    """`--allow` options. The current folder is allowed anyway. Raises BakeError."""
    keys: set[str] = set()
    readable = [os.getcwd()]
    writable = [os.getcwd()]
    for text in texts:
        key, _, value = text.partition("=")
        if key in ("fs", "fs.read"):
            readable.append(value)
        if key in ("fs", "fs.write"):
            writable.append(value)
        if key in _KEYS or key.startswith("device"):
            keys.add(key)
        elif key not in ("fs", "fs.read", "fs.write"):
            known = ", ".join((*_KEYS, "fs=", "fs.read=", "fs.write="))
            raise BakeError(f"unknown entitlement key {key!r}", hint=f"one of {known}")
    unchecked = environment.get(FS_CHECK, "")
    return Rights(frozenset(keys), tuple(readable), tuple(writable), _off(unchecked))


def missing(targets: Iterable[Target], rights: Rights) -> list[Request]:
    """What the targets ask for that is not allowed, each once."""
    found: dict[str, Request] = {}
    for target in targets:
        for request in (*_keys(target, rights), *_paths(target, rights)):
            found.setdefault(request.flag, request)
    return list(found.values())


def refusal(requests: Sequence[Request]) -> BakeError:
    """The error that lists them, with the options that allow them."""
    about = "\n".join(f" - {request.about}" for request in requests)
    flags = " ".join(f"--allow={request.flag}" for request in requests)
    return BakeError(
        f"additional privileges requested:\n{about}",
        id="not-allowed",
        hint=f"look at what the definition does, and allow it with {flags}",
    )


def _keys(target: Target, rights: Rights) -> Iterator[Request]:
    words = {
        "network.host": "Running build containers that can access host network",
        "security.insecure": "Running privileged containers that can make system changes",
    }
    for key in target.texts("entitlements"):
        if key not in rights.keys and key.partition("=")[0] not in rights.keys:
            yield Request(key, words.get(key, f"Access to {key}"))
    agents = any(not entry.get("paths") for entry in target.entries("ssh"))
    if agents and "ssh" not in rights.keys:
        yield Request("ssh", "Forwarding default SSH agent socket")


def _paths(target: Target, rights: Rights) -> Iterator[Request]:
    if rights.everything:
        return
    for path in _read(target):
        if not _within(path, rights.readable):
            yield Request(f"fs.read={path}", f"Read access to path {path}")
    for path in _written(target):
        if not _within(path, rights.writable):
            yield Request(f"fs.write={path}", f"Write access to path {path}")


def _read(target: Target) -> Iterator[str]:
    context = target.text("context", ".")
    if not is_remote(context):
        yield context
        yield dockerfile(target)
    for place in target.pairs("contexts").values():
        if not is_remote(place) and not place.startswith((LINK, "docker-image:", "oci-layout:")):
            yield place.removeprefix("cwd://")
    for entry in target.entries("secret"):
        if isinstance(path := entry.get("src"), str):
            yield path
    for entry in target.entries("ssh"):
        paths = entry.get("paths")
        yield from (str(path) for path in paths) if isinstance(paths, list) else ()
    for entry in target.entries("cache-from"):
        if entry.get("type") == "local" and isinstance(path := entry.get("src"), str):
            yield path


def _written(target: Target) -> Iterator[str]:
    for name in ("output", "cache-to"):
        for entry in target.entries(name):
            path = entry.get("dest")
            if isinstance(path, str) and path not in ("", "-"):
                yield path


def dockerfile(target: Target) -> str:
    """Where the Dockerfile of a folder is."""
    name = target.text("dockerfile", "Dockerfile")
    if name.startswith("cwd://"):
        return name.removeprefix("cwd://")
    return name if is_remote(name) else str(Path(target.text("context", "."), name))


def _within(path: str, folders: Iterable[str]) -> bool:
    real = Path(path).expanduser().resolve()
    return any(folder == _ANY or real.is_relative_to(Path(folder).resolve()) for folder in folders)


def _off(text: str) -> bool:
    try:
        return bool(text) and not truth(text)
    except ValueError:
        return False

"""Credentials out of Docker's configuration, for engines that do not find them by themselves.

Engines read `auths` and `credHelpers` of ~/.docker/config.json and of their own auth.json; they do
not know DOCKER_CONFIG and `credsStore`. What they miss is handed to them in a file of ours.
https://github.com/docker/docker-credential-helpers
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rootbuild import process
from rootbuild.image.reference import HUB
from rootbuild.registry import config

HUB_KEY = "https://index.docker.io/v1/"
AUTH_FILE = "REGISTRY_AUTH_FILE"
_TOKEN_USER = "<token>"  # noqa: S105 - a helper says by it that the secret is a token


def key_of(registry: str) -> str:
    """The name under which Docker keeps a registry's credentials."""
    return HUB_KEY if registry in (HUB, "index.docker.io", "") else registry


@contextlib.contextmanager
def handed(registry: str) -> Iterator[None]:
    """For the length of a block, engines that we start find the registry's credentials.

    Whatever they find by themselves is left to them.
    """
    entry = None if _found_by_engines(registry) else find(registry, config.read())
    if entry is None:
        yield
        return
    with _private_file({"auths": {registry: entry}}) as file:
        os.environ[AUTH_FILE] = str(file)
        try:
            yield
        finally:
            del os.environ[AUTH_FILE]


def find(registry: str, content: Mapping[str, Any]) -> dict[str, str] | None:
    """The entry of an auth file for a registry. A helper that is missing is no error."""
    key = key_of(registry)
    helper = _table(content, "credHelpers").get(registry) or content.get("credsStore")
    if helper:
        answer = ask_helper(str(helper), "get", key)
        if answer is not None:
            return entry_of(str(answer.get("Username", "")), str(answer.get("Secret", "")))
    for name, entry in _table(content, "auths").items():
        if _host(name) == _host(key) and isinstance(entry, dict) and entry:
            return {str(field): str(value) for field, value in entry.items()}
    return None


def known(registry: str, repository: str) -> dict[str, str]:
    """What this user has for a repository: in the engines' auth files, then in Docker's.

    Empty if there is nothing. An entry of an engine may be for a part of a registry.
    """
    for file in _auth_files():
        with contextlib.suppress(OSError, ValueError):
            entries = _table(json.loads(file.read_bytes()), "auths")
            path = f"{registry}/{repository}"
            while path:
                entry = entries.get(path)
                if isinstance(entry, dict) and entry:
                    return {str(field): str(value) for field, value in entry.items()}
                path = path.rpartition("/")[0]
    return find(registry, config.read()) or {}


def _auth_files() -> list[Path]:
    named = os.environ.get(AUTH_FILE)
    if named:
        return [Path(named)]
    base = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "/"), ".config")
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return [Path(folder, "containers/auth.json") for folder in (runtime, base)]


def entry_of(user: str, secret: str) -> dict[str, str]:
    """An auth file's entry for a name and a secret."""
    if user == _TOKEN_USER:
        return {"identitytoken": secret, "auth": base64.b64encode(b"00000000:").decode()}
    return {"auth": base64.b64encode(f"{user}:{secret}".encode()).decode()}


def split(entry: Mapping[str, str]) -> tuple[str, str]:
    """Name and secret of an auth file's entry."""
    user, _, secret = base64.b64decode(entry.get("auth", "")).decode().partition(":")
    return user, secret


def ask_helper(name: str, verb: str, text: str) -> dict[str, Any] | None:
    """Ask `docker-credential-NAME`; secrets go by its standard input. None if it cannot serve."""
    program = f"docker-credential-{name}"
    if process.find(program) is None:
        return None
    with os.fdopen(os.memfd_create("request"), "w+b") as request:
        request.write(text.encode())
        request.flush()
        request.seek(0)
        finished = process.look((program, verb), stdin=request)
    if finished.status != 0:
        return None
    try:
        answer = json.loads(finished.stdout or b"{}")
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _found_by_engines(registry: str) -> bool:
    if os.environ.get(AUTH_FILE):
        return True
    usual = "DOCKER_CONFIG" not in os.environ
    if usual and not config.read().get("credsStore"):
        return True
    for file in _auth_files():
        with contextlib.suppress(OSError, ValueError):
            content = json.loads(file.read_bytes())
            if any(_host(name) == _host(registry) for name in _table(content, "auths")):
                return True
    return False


@contextlib.contextmanager
def _private_file(content: Mapping[str, Any]) -> Iterator[Path]:
    """A file that only we can read, in a folder of its own in the runtime folder; then gone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = runtime if runtime and os.access(runtime, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="rootbuild-auth-", dir=parent) as folder:
        file = Path(folder, "auth.json")
        with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as stream:
            json.dump(content, stream)
        yield file


def _host(name: str) -> str:
    """The host that an entry is for: old ones are URLs."""
    bare = name.partition("://")[2] or name
    host = bare.partition("/")[0]
    return HUB if host in ("index.docker.io", "registry-1.docker.io") else host


def _table(content: object, name: str) -> dict[str, Any]:
    found = content.get(name) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}

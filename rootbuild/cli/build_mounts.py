"""`--secret`, `--ssh` and `--allow` of `image build`."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from rootbuild.build.options import Agent, Secret
from rootbuild.errors import UnsupportedError, UsageError

ENTITLEMENTS = ("network.host", "security.insecure", "device")
SECRET_KEYS = ("type", "id", "source", "src", "env")


def read_secret(text: str, environment: Mapping[str, str] = os.environ) -> Secret:
    """`id=NAME[,src=FILE|,env=VARIABLE][,type=file|env]`. Raises UsageError.

    Without a place the secret is the variable that is called like it, or else such a file.
    """
    given = _fields(text)
    kind, identity = given.get("type", ""), given.get("id", "")
    path, env = given.get("source") or given.get("src", ""), given.get("env", "")
    if kind not in ("", "file", "env"):
        raise _bad(text, f'unsupported secret type "{kind}"')
    if not identity:
        raise _bad(text, "secret missing ID")
    if kind == "env" and not env:
        path, env = "", path
    if not path and not env:
        if kind != "file" and identity in environment:
            env = identity
        else:
            path = identity
    if env:
        return Secret(identity, env=env)
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise _bad(text, f"failed to stat {path}: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise _bad(text, f"{path} is a folder")
    return Secret(identity, path=Path(path))


def read_agent(text: str, environment: Mapping[str, str] = os.environ) -> Agent:
    """`default|ID[=SOCKET]`; without a socket that of SSH_AUTH_SOCK. Raises UsageError."""
    identity, _, paths = text.partition("=")
    if not paths:
        paths = environment.get("SSH_AUTH_SOCK", "")
        if not paths:
            raise UsageError(
                "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set",
                hint="start an agent (eval $(ssh-agent); ssh-add), or give --ssh ID=SOCKET",
                exit_code=1,
            )
    try:
        mode = os.stat(paths).st_mode
    except OSError as error:
        message = f'invalid argument "{text}" for "--ssh" flag: {paths}: {error.strerror}'
        raise UsageError(message, exit_code=1) from error
    if not stat.S_ISSOCK(mode):
        raise UnsupportedError(
            f"--ssh with keys is not supported yet, and {paths} is no socket",
            hint="add the keys to an agent: eval $(ssh-agent); ssh-add FILE; then --ssh default",
        )
    return Agent(identity or "default", Path(paths))


def read_entitlement(text: str) -> str:
    """What `--allow` allows. Raises UsageError."""
    if text not in ENTITLEMENTS:
        raise UsageError(
            f'invalid argument "{text}" for "--allow" flag: unknown entitlement {text}',
            hint="one of: " + ", ".join(ENTITLEMENTS),
        )
    return text


def _fields(text: str) -> dict[str, str]:
    from rootbuild.dockerfile.fields import CsvError, split_csv

    try:
        parts = split_csv(text)
    except CsvError as error:
        raise _bad(text, f"failed to parse csv secret: {error}") from error
    given = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise _bad(text, f"invalid field '{part}' must be a key=value pair")
        if key.lower() not in SECRET_KEYS:
            raise _bad(text, f"unexpected key '{key}' in '{part}'")
        given[key.lower()] = value
    return given


def _bad(text: str, problem: str) -> UsageError:
    return UsageError(f'invalid argument "{text}" for "--secret" flag: {problem}', exit_code=1)

"""`--secret`, `--ssh` and `--allow` of `image build`."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from rootbuild.build.options import Agent, DeviceGrant, Secret
from rootbuild.errors import UsageError
from rootbuild.records import dataclass

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


def read_agents(
    texts: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[Agent, ...]:
    """All `--ssh`. Raises UsageError."""
    agents: dict[str, Agent] = {}
    for text in texts:
        agent = _agent(text, environment)
        if agent.id in agents:
            raise UsageError(f'duplicate agent ID "{agent.id}"', exit_code=1)
        agents[agent.id] = agent
    return tuple(agents.values())


def _agent(text: str, environment: Mapping[str, str]) -> Agent:
    """`default|ID[=SOCKET|=KEY[,KEY]...]`; without a path the agent of SSH_AUTH_SOCK."""
    identity, _, paths = text.partition("=")
    if not paths:
        paths = environment.get("SSH_AUTH_SOCK", "")
        if not paths:
            raise UsageError(
                "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set",
                hint="start an agent (eval $(ssh-agent); ssh-add), or give --ssh ID=SOCKET",
                exit_code=1,
            )
    socket, keys = None, []
    for path in paths.split(","):
        if socket is not None:
            raise _bad_agent(text, "only single socket allowed")
        try:
            found = stat.S_ISSOCK(os.stat(path).st_mode)
        except OSError as error:
            raise _bad_agent(text, f"{path}: {error.strerror}") from error
        if found:
            socket = Path(path)
        else:
            keys.append(_key(text, path))
    if socket is not None and keys:
        raise _bad_agent(text, "invalid combination of keys and sockets")
    return Agent(identity or "default", socket, tuple(keys))


def _key(text: str, path: str) -> Path:
    """A file with a private key that nobody need be asked a passphrase for."""
    from rootbuild.build.mounts.keyfile import MOST_BYTES, PROTECTED, problem

    try:
        with open(path, "rb") as stream:
            found = problem(stream.read(MOST_BYTES))
    except OSError as error:
        raise _bad_agent(text, f"failed to read {path}: {error.strerror}") from error
    if found:
        hint = f"add it to an agent (eval $(ssh-agent); ssh-add {path}), then give --ssh default"
        raise _bad_agent(
            text, f"failed to parse {path}: {found}", hint if found == PROTECTED else ""
        )
    return Path(path).absolute()


def _bad_agent(text: str, problem: str, hint: str = "") -> UsageError:
    message = f'invalid argument "{text}" for "--ssh" flag: {problem}'
    return UsageError(message, hint=hint, exit_code=1)


@dataclass(frozen=True, slots=True)
class Allowed:
    """`--allow`: what steps may do, and which devices they may have by name."""

    entitlements: frozenset[str]
    devices: tuple[DeviceGrant, ...]


def read_allowed(texts: Sequence[str]) -> Allowed:
    """All `--allow`. Raises UsageError."""
    if not texts:
        return Allowed(frozenset(), ())
    from rootbuild.build.devices import DEVICE
    from rootbuild.plan.run import NETWORK_HOST, SECURITY_INSECURE

    known = (NETWORK_HOST, SECURITY_INSECURE, DEVICE)
    entitlements: set[str] = set()
    devices = []
    for text in texts:
        name, equals, rest = text.partition("=")
        if name == DEVICE and equals and rest:
            devices.append(_grant(text, rest))
        elif (text if name != DEVICE else name) in known:
            entitlements.add(name)
        elif text:
            raise UsageError(
                f'invalid argument "{text}" for "--allow" flag: unknown entitlement {text}',
                hint="one of: " + ", ".join(known),
            )
    return Allowed(frozenset(entitlements), tuple(devices))


def _grant(text: str, rest: str) -> DeviceGrant:
    """`NAME[,alias=OTHER]`."""
    from rootbuild.dockerfile.fields import CsvError, split_csv

    try:
        name, *fields = split_csv(rest)
    except CsvError as error:
        raise _bad_grant(text, str(error)) from error
    alias = ""
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals:
            raise _bad_grant(text, f'invalid device config "{field}"')
        if key != "alias":
            raise _bad_grant(text, f'unknown device config key "{key}"')
        alias = value
    return DeviceGrant(name, alias)


def _bad_grant(text: str, problem: str) -> UsageError:
    return UsageError(f'invalid argument "{text}" for "--allow" flag: {problem}')


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

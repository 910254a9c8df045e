"""Calls of the program git: what it may do, what it is told, and how it fails.

Repositories are hostile. They cannot choose programs (no hooks, no filters, no transports but the
four below), and nothing of this host's configuration but the user's own is read, that only where
it is needed: to reach a remote (credential helpers, proxies, certificates). Credentials from
secrets go to git by its environment, where command lines cannot show them.
"""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.errors import RemoteError
from rootbuild.process import Finished, Waiting
from rootbuild.records import dataclass

TRANSPORTS = "git:http:https:ssh"
_STALLED = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": "60"}
_SSH = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15")
_SAFE = {
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.logAllRefUpdates": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "advice.detachedHead": "false",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `remote` tells that it reaches one; `local` that it reads a repository of ours.

    `config` is added to what is always set. `index` is a file to use as the index. By `waiting` it
    can be ended.
    """

    arguments: tuple[str, ...]
    remote: bool = False
    local: bool = False
    config: tuple[tuple[str, str], ...] = ()
    agent: Path | None = None
    index: Path | None = None
    waiting: Waiting | None = None


def git(call: Call) -> Finished:
    """Run git to its end; what it says is kept. Raises HostError if there is no git."""
    given = environment(call, os.environ)
    removed = {name: None for name in os.environ if name.startswith("GIT_") and name not in given}
    return process.call(
        ("git", *call.arguments), check=False, env={**removed, **given}, waiting=call.waiting
    )


def succeed(call: Call, what: str, *, hint: str = "") -> Finished:
    """Run git; RemoteError if it does not exit with 0."""
    finished = git(call)
    if finished.status != 0:
        raise failure(finished, what, hint=hint)
    return finished


def failure(finished: Finished, what: str, *, hint: str = "") -> RemoteError:
    """The error for a failed call: what was to be done, and git's last words."""
    return RemoteError(what, id="git", hint=hint, detail=finished.tail(10))


def environment(call: Call, ours: Mapping[str, str]) -> dict[str, str]:
    """The variables that git is given over `ours`, of which no other GIT_* one may remain."""
    settings = [*_SAFE.items(), *call.config]
    found = {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_ALLOW_PROTOCOL": TRANSPORTS if call.remote else "file" if call.local else "none",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings):
        found[f"GIT_CONFIG_KEY_{number}"] = name
        found[f"GIT_CONFIG_VALUE_{number}"] = value
    if not call.remote:
        found["GIT_CONFIG_GLOBAL"] = os.devnull
    else:
        found.update(_reaching(call, ours))
    if call.index is not None:
        found["GIT_INDEX_FILE"] = str(call.index)
    return found


def _reaching(call: Call, ours: Mapping[str, str]) -> dict[str, str]:
    """What only calls that reach a remote get."""
    found = {**_STALLED, "GIT_SSH_COMMAND": ssh_command(ours, pwd.getpwuid(os.geteuid()).pw_dir)}
    kept = ("GIT_CONFIG_GLOBAL", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_ASKPASS")
    found.update({name: ours[name] for name in kept if name in ours})
    if call.agent is not None:
        found["SSH_AUTH_SOCK"] = str(call.agent)
    return found


def ssh_command(ours: Mapping[str, str], home: str) -> str:
    """How git is to call ssh: without asking anybody, as it could not be answered.

    ssh goes by the account's home folder (`home`). Inside of a user namespace that is root's, so
    the user's files are named there.
    """
    given = ours.get("GIT_SSH_COMMAND")
    command = given or "ssh"
    words: Sequence[str] = _SSH
    folder = Path(ours.get("HOME", home), ".ssh")
    if not given and folder.parent != Path(home):
        config = folder / "config"
        words = (
            *words,
            *(("-F", str(config)) if config.exists() else ()),
            *("-o", f"UserKnownHostsFile={folder / 'known_hosts'}"),
        )
    return " ".join([command, *(shlex.quote(word) for word in words)])

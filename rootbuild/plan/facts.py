"""What a step's key depends on apart from content, told in words that people know."""

from __future__ import annotations

from hashlib import sha256

from rootbuild.dockerfile.sensitive import sensitive
from rootbuild.errors import unreachable
from rootbuild.files.inline import InlineFile
from rootbuild.plan.mounts.read import RunMount
from rootbuild.plan.steps import CopyStep, RunStep, Step, WorkdirStep

HIDDEN = "hidden "
"""In front of what stands for a value that is not to be shown."""

_LONGEST = 200


def facts(step: Step) -> dict[str, str]:
    """Names and values; two steps of equal facts differ at most in what they are done to.

    Long values are cut, in a way that still tells them from others.
    """
    match step:
        case RunStep():
            found = _run(step)
        case CopyStep():
            found = _copy(step)
        case WorkdirStep():
            found = {"instruction": "WORKDIR", "folder": step.path, "user": step.user}
            found["date"] = _text(step.created)
        case _:
            unreachable(step)
    return {name: _cut(value) for name, value in found.items() if value}


def _run(step: RunStep) -> dict[str, str]:
    found = {
        "instruction": "RUN",
        "command": step.display,
        "script": _heredoc(step.script) if step.script else "",
        "working directory": step.cwd,
        "user": step.user,
        "network": step.network,
        "hosts": " ".join(name for name, _ in step.hosts),
        "hostname": step.hostname,
        "ulimits": " ".join(f"{u.name}={u.soft}:{u.hard}" for u in step.limits.ulimits),
        "shared memory": _text(step.limits.shm_size or None),
        "control group": step.limits.resources.cgroup_parent,
        "security": "insecure" if step.security.insecure else "",
        "devices": " ".join(device.name for device in step.devices),
    }
    for name, value in step.env:
        found[f"variable {name}"] = _hidden(value) if sensitive(name) else value or '""'
    for number, mount in enumerate(step.mounts, 1):
        found[f"mount {number}"] = _mount(mount)
    return found


def _copy(step: CopyStep) -> dict[str, str]:
    flags = {
        "--parents": step.parents,
        "--link": step.link,
        "--unpack": step.unpack or step.unpack_remotes,
    }
    found = {
        "instruction": "COPY",
        "sources": " ".join(_sources(step)),
        "destination": step.destination,
        "working directory": step.workdir,
        "owner": step.chown or "",
        "mode": step.chmod or "",
        "flags": " ".join(name for name, given in flags.items() if given),
        "excludes": " ".join(step.excludes),
        "date": _text(step.created),
    }
    for file in step.inline:
        found[f"heredoc {file.name}"] = _heredoc(file)
    return found


def _sources(step: CopyStep) -> list[str]:
    """The sources, without what a URL has of credentials."""
    remotes = step.remotes or (None,) * len(step.sources)
    pairs = zip(remotes, step.sources, strict=True)
    return [path if remote is None else remote.shown for remote, path in pairs]


def _mount(mount: RunMount) -> str:
    return " ".join(_text(part) for part in mount.definition)


def _heredoc(file: InlineFile) -> str:
    return _hidden(file.content.decode("utf-8", "surrogateescape"))


def _hidden(value: str) -> str:
    return HIDDEN + _digest(value)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _cut(value: str) -> str:
    if len(value) <= _LONGEST:
        return value
    return f"{value[:_LONGEST]}... ({_digest(value)})"


def _digest(value: str) -> str:
    return sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:8]

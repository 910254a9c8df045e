"""One process to run in a working container, as data: a part of the contract with engines."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rootbuild.records import dataclass, field

NetworkMode = Literal["default", "none", "host"]
HookStage = Literal[
    "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"
]

# In place of an address in `Exec.hosts`: this host, as the step's network reaches it.
HOST_GATEWAY = "host-gateway"
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder of the host that a process sees at `target`.

    With a `descriptor` of it that is open, what that leads to is meant, whatever `source` does.
    """

    source: Path
    target: str
    read_only: bool = True
    descriptor: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """An empty folder in memory that is gone with the process; `size` 0 is the kernel's default."""

    target: str
    size: int = 0
    read_only: bool = False


Mount = Bind | Memory


@dataclass(frozen=True, slots=True)
class Device:
    """A device node of the host that a process has at `target`; `access` is of `r`, `w`, `m`."""

    source: Path
    target: str
    access: str = "rwm"


@dataclass(frozen=True, slots=True)
class Hook:
    """A program of the host that runs at a stage of the container's life, as OCI runtimes know it.

    `timeout` is in seconds, 0 for none.
    """

    stage: HookStage
    path: str
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    timeout: int = 0


@dataclass(frozen=True, slots=True)
class Ulimit:
    """A limit of `setrlimit`: its name in small letters (`nofile`); -1 is no limit."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class Resources:
    """What a control group gives; 0 and "" are "as it comes". Sizes are in bytes, times in µs.

    `memory_swap` is of memory and swap together, -1 for no limit. `cgroup_parent` is the group that
    the process' own is made in, as a path in the hierarchy, or a systemd slice.
    """

    memory: int = 0
    memory_swap: int = 0
    cpu_shares: int = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    cgroup_parent: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may use; `shm_size` is the size of /dev/shm, 0 is 64 MiB."""

    ulimits: tuple[Ulimit, ...] = ()
    shm_size: int = 0
    resources: Resources = Resources()


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Security:
    """How a process is confined.

    `insecure` gives it all that the namespace has: every capability, all system calls, /proc and
    /sys without masks, the host's devices as far as its user may open them. `seccomp` is a file of
    rules to use instead of the usual ones, or `unconfined`.
    """

    insecure: bool = False
    no_new_privileges: bool = False
    seccomp: str = ""


USUAL_SECURITY = Security()


@dataclass(frozen=True, slots=True)
class Exec:
    """One process to run in a working container; everything is resolved, nothing is inherited.

    `env` is the whole environment. `cwd` is absolute in the rootfs and exists. `uid`, `gid` and
    `groups` are numbers as seen in the container. `hosts` are (name, address) lines for /etc/hosts,
    where an address may be HOST_GATEWAY. `mounts` have absolute targets and are made in their
    order; `devices` come after them. `secrets` are more variables, which win over those of `env`
    and must never be part of a command line or a message. With `terminal` the process has a
    terminal of its own, which leads to ours, and its output goes there.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    cwd: str = "/"
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    network: NetworkMode = "default"
    hostname: str = "buildkitsandbox"
    hosts: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mount, ...] = ()
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    limits: Limits = NO_LIMITS
    security: Security = USUAL_SECURITY
    devices: tuple[Device, ...] = ()
    hooks: tuple[Hook, ...] = ()
    terminal: bool = False

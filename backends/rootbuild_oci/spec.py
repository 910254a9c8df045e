"""The OCI runtime specification for one step, equal in its effect to the one that buildah writes.

Three deliberate differences: capabilities are BuildKit's, three more than buildah's; none of them
are ambient, so that a step which runs as another user than root has none (as under BuildKit); and
limits that nobody asked for are inherited instead of set.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.execution import Device, Exec, Hook, Memory, Mount
from rootbuild.records import dataclass
from rootbuild_oci import devices, limits

CAPABILITIES = (
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
)
MASKED = (
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/fs/selinux",
    "/sys/dev",
)
READ_ONLY = (
    "/proc/asound",
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
)
UMASK = 0o022
SHM_SIZE = 64 << 20

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What surrounds the process: everything in the specification that is not in `Exec`.

    `network` is the path of a network namespace, "" for a fresh one with only a loopback
    interface, None for the host's. `binds` are (file of the host, path in the container), mounted
    read-only. `cgroup_namespace` is for kernels that have them; `cgroup` is the path of a control
    group to make, "" for none. `writable_sys` says whether /sys may be written by anybody.
    `console` is the size of the process' terminal, rows and columns.
    """

    rootfs: Path
    network: str | None = ""
    binds: tuple[tuple[Path, str], ...] = ()
    seccomp: Json | None = None
    capabilities: tuple[str, ...] = CAPABILITIES
    cgroup_namespace: bool = True
    cgroup: str = ""
    writable_sys: bool = True
    console: tuple[int, int] | None = None


def specification(command: Exec, sandbox: Sandbox) -> Json:
    """The content of a bundle's config.json."""
    return {
        "ociVersion": "1.0.2",
        "process": {**_process(command, sandbox.capabilities), **_console(sandbox.console)},
        "root": {"path": str(sandbox.rootfs)},
        "hostname": command.hostname,
        "mounts": [
            *_mounts(command, sandbox),
            *(_bind(source, target) for source, target in sandbox.binds),
            *(_extra(mount) for mount in command.mounts),
            *(_device(device) for device in command.devices),
        ],
        "linux": _linux(command, sandbox),
        **_hooks(command.hooks),
    }


def _linux(command: Exec, sandbox: Sandbox) -> Json:
    insecure = command.security.insecure
    linux: Json = {
        "namespaces": _namespaces(sandbox),
        "resources": {
            "devices": devices.rules(command.devices, insecure=insecure),
            **limits.group(command.limits.resources),
        },
        "maskedPaths": [] if insecure else list(MASKED),
        "readonlyPaths": [] if insecure else list(READ_ONLY),
    }
    if sandbox.network is not None:
        linux["sysctl"] = {"net.ipv4.ping_group_range": "0 0"}
    if sandbox.seccomp is not None:
        linux["seccomp"] = sandbox.seccomp
    if sandbox.cgroup:
        linux["cgroupsPath"] = sandbox.cgroup
    return linux


def _process(command: Exec, capabilities: tuple[str, ...]) -> Json:
    others = [group for group in command.groups if group != command.gid]
    kept = list(capabilities)
    # The kernel takes these from a process that leaves uid 0, so only root starts with any.
    sets = ["bounding", "effective", "permitted"]
    if command.security.insecure:
        sets += ["inheritable", "ambient"]
    return {
        "terminal": command.terminal,
        "user": {
            "uid": command.uid,
            "gid": command.gid,
            "additionalGids": [command.gid, *others],
            "umask": UMASK,
        },
        "args": list(command.argv),
        "env": [f"{key}={value}" for key, value in dict(command.env + command.secrets).items()],
        "cwd": command.cwd,
        "capabilities": dict.fromkeys(sets, kept),
        "rlimits": limits.rlimits(command.limits.ulimits),
        "noNewPrivileges": command.security.no_new_privileges,
    }


def _console(size: tuple[int, int] | None) -> Json:
    return {} if size is None else {"consoleSize": {"height": size[0], "width": size[1]}}


def _namespaces(sandbox: Sandbox) -> list[Json]:
    names = ["pid", "ipc", "uts", "mount", *(["cgroup"] if sandbox.cgroup_namespace else [])]
    namespaces: list[Json] = [{"type": name} for name in names]
    if sandbox.network == "":
        namespaces.append({"type": "network"})
    elif sandbox.network is not None:
        namespaces.append({"type": "network", "path": sandbox.network})
    return namespaces


def _mounts(command: Exec, sandbox: Sandbox) -> list[Json]:
    access = "rw" if command.security.insecure and sandbox.writable_sys else "ro"
    shm = command.limits.shm_size or SHM_SIZE
    return [
        _mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
        _mount(
            *("/dev", "tmpfs", "tmpfs"),
            *("nosuid", "noexec", "strictatime", "mode=755", "size=65536k"),
        ),
        _mount("/sys", "bind", "/sys", "rprivate", "nosuid", "noexec", "nodev", access, "rbind"),
        _mount(
            *("/dev/pts", "devpts", "devpts"),
            *("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        ),
        _mount(
            *("/dev/shm", "tmpfs", "shm"),  # noqa: S108 - a path in the container
            *("private", "nodev", "noexec", "nosuid", "mode=1777", f"size={shm}"),
        ),
        _mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
    ]


def _bind(source: Path, target: str) -> Json:
    return _mount(target, "bind", str(source), "rbind", "ro", "nosuid", "noexec", "nodev")


def _extra(mount: Mount) -> Json:
    """A mount that the step asked for. Programs in it may be executed."""
    access = "ro" if mount.read_only else "rw"
    if isinstance(mount, Memory):
        size = (f"size={mount.size}",) if mount.size else ()
        return _mount(mount.target, "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777", access, *size)
    return _mount(mount.target, "bind", str(mount.source), "rbind", "rprivate", access)


def _device(device: Device) -> Json:
    return _mount(device.target, "bind", str(device.source), "bind", "rprivate", "nosuid", "noexec")


def _hooks(hooks: Sequence[Hook]) -> Json:
    stages: dict[str, list[Json]] = {}
    for hook in hooks:
        entry: Json = {"path": hook.path, "args": list(hook.args), "env": list(hook.env)}
        if hook.timeout:
            entry["timeout"] = hook.timeout
        stages.setdefault(hook.stage, []).append(entry)
    return {"hooks": stages} if stages else {}


def _mount(destination: str, kind: str, source: str, *options: str) -> Json:
    return {
        "destination": destination,
        "type": kind,
        "source": source,
        "options": list(options),
    }

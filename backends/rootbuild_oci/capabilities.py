"""Capabilities by name, and those that this process could hand on."""

from __future__ import annotations

from pathlib import Path

# In the order of their numbers (capability.h of the kernel).
NAMES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD"),
    *("LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG"),
    *("WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)


def named(mask: int) -> tuple[str, ...]:
    """The capabilities of a mask as /proc shows it; unknown ones are left out."""
    return tuple(f"CAP_{name}" for number, name in enumerate(NAMES) if mask >> number & 1)


def own(status: Path = Path("/proc/self/status")) -> tuple[str, ...]:
    """All that this process could have: in a user namespace usually every one there is."""
    for line in status.read_text().splitlines():
        if line.startswith("CapBnd:"):
            return named(int(line.split()[1], 16))
    return ()

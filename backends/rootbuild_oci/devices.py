"""Device nodes of the host in a step: bound where they are, as no user can make one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.errors import HostError
from rootbuild.execution import Device

FOLDER = Path("/dev")
# What BuildKit gives to a step with --security=insecure, here as far as our user may open it.
INSECURE = ("kmsg", "cuse", "fuse", "kvm", "net/tun", "loop-control")
LOOPS = "loop[0-9]*"

Json = dict[str, object]


def of_the_host(folder: Path = FOLDER) -> tuple[Device, ...]:
    """The devices for a step that is not confined."""
    names = (*INSECURE, *sorted(path.name for path in folder.glob(LOOPS)))
    return tuple(
        Device(folder / name, f"/dev/{name}")
        for name in names
        if os.access(folder / name, os.R_OK | os.W_OK)
    )


def refuse_missing(devices: Sequence[Device]) -> None:
    """Raise HostError for what is no device node of this host."""
    for device in devices:
        if _kind(device.source) is None:
            raise HostError(
                f"{device.source} is not a device of this host",
                id="no-such-device",
                hint="check the CDI specification that names it",
            )


def rules(devices: Sequence[Device], *, insecure: bool) -> list[Json]:
    """`linux.resources.devices`; the runtime adds what every container has.

    They take effect for root alone: an ordinary user's control groups have no such rules.
    """
    if insecure:
        return [{"allow": True, "type": kind, "access": "rwm"} for kind in ("c", "b")]
    return [{"allow": False, "access": "rwm"}, *_allowed(devices)]


def _allowed(devices: Sequence[Device]) -> Iterator[Json]:
    for device in devices:
        kind = _kind(device.source)
        if kind is not None:
            number = os.stat(device.source).st_rdev
            yield {
                "allow": True,
                "type": kind,
                "major": os.major(number),
                "minor": os.minor(number),
                "access": device.access,
            }


def _kind(path: Path) -> str | None:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return None
    return "c" if stat.S_ISCHR(mode) else "b" if stat.S_ISBLK(mode) else None

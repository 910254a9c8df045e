"""Devices that an ordinary user needs, tried by opening them."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.backend import Problem
from rootbuild.records import dataclass

FUSE = Path("/dev/fuse")
TUN = Path("/dev/net/tun")
NEEDED = (FUSE, TUN)


@dataclass(frozen=True, slots=True)
class Device:
    """A device; `refusal` is the kernel's word if it cannot be opened, "" if it can."""

    path: Path
    refusal: str = ""
    exists: bool = True

    @property
    def usable(self) -> bool:
        """Whether it can be opened."""
        return not self.refusal


def look(path: Path) -> Device:
    """Open it and close it: groups of devices may forbid what the file's mode allows."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError as error:
        return Device(path, (error.strerror or "").lower(), path.exists())
    return Device(path)


def problem(tun: Device) -> Problem | None:
    """Why rootless containers have no way to the outside."""
    if tun.usable:
        return None
    if tun.exists:
        mend = f"sudo chmod 0666 {tun.path}"
    else:
        mend = "sudo modprobe tun  # a container has to be started with --device /dev/net/tun"
    return Problem(
        f"{tun.path} cannot be opened ({tun.refusal}), so rootless containers get no network",
        mend,
        id="no-tun-device",
    )

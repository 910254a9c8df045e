"""`run --gpus`: requests for GPUs, as names of CDI devices."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from rootbuild.cdi.registry import FOLDERS, load
from rootbuild.errors import RuntimeRefusedError, UsageError

_KIND = "nvidia.com/gpu"
_KEYS = ("capabilities", "count", "device", "driver", "options")


def gpu_words(request: str, places: Sequence[Path] = FOLDERS) -> tuple[str, ...]:
    """The engine's words for a request. Raises UsageError or RuntimeRefusedError.

    What cannot be read in `places` may specify them, so then the engine decides.
    """
    wanted = [f"{_KIND}={name}" for name in _names(request)]
    known = load(places)
    if not known.problems and any(name not in known.devices for name in wanted):
        raise RuntimeRefusedError(
            'could not select device driver "" with capabilities: [[gpu]]',
            id="no-such-device",
            hint="no CDI specification of this host has such a GPU; with NVIDIA's container "
            "toolkit:\nsudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml\n"
            f"--device {_KIND}=all then means the same as --gpus all",
        )
    return tuple(f"--device={name}" for name in wanted)


def _names(request: str) -> list[str]:
    """`all`, a number of GPUs from the first on, or those that are named."""
    (fields,) = csv.reader([request])
    count, devices = "", list[str]()
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals:
            key, value = "count", field
            if count:
                raise _bad(request, f"gpu request key '{field}' can be specified only once")
        match key:
            case "count":
                count = value
            case "device":
                devices += value.split(",")
            case _ if key not in _KEYS:
                raise _bad(request, f"unexpected key '{key}' in '{field}'")
    if devices and count:
        raise _bad(request, "cannot set both Count and DeviceIDs on device request")
    if count in ("all", "-1"):
        return ["all"]
    if count and not count.isdecimal():
        raise _bad(request, f'strconv.Atoi: parsing "{count}": invalid syntax')
    return devices or [str(number) for number in range(int(count or "1"))]


def _bad(request: str, why: str) -> UsageError:
    return UsageError(f'invalid argument "{request}" for "--gpus" flag: {why}')

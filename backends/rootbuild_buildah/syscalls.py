"""System calls that Python has no names for."""

from __future__ import annotations

import ctypes
import functools
import os

MS_BIND, MNT_DETACH = 4096, 2
CLONE_NEWNET = 0x40000000


def mount(
    source: str, target: os.PathLike[str], kind: str = "", flags: int = 0, data: str = ""
) -> None:
    """mount(2). Raises OSError."""
    words = (source.encode(), os.fsencode(target), kind.encode() or None)
    _check(_libc().mount(*words, ctypes.c_ulong(flags), data.encode() or None), "mount")


def unmount(target: os.PathLike[str]) -> None:
    """umount2(2): what still uses the mount keeps it until it is done. Raises OSError."""
    _check(_libc().umount2(os.fsencode(target), MNT_DETACH), "umount")


def unshare(flags: int) -> None:
    """unshare(2), for the calling thread. Raises OSError."""
    _check(_libc().unshare(flags), "unshare")


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, name: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")

"""System calls for mounts and namespaces, which Python has no functions for."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_SLAVE = 2, 4, 8, 0x1000, 0x4000, 0x80000
MNT_DETACH = 2


def mount(
    source: str, target: str | Path, kind: str = "", flags: int = 0, options: str = ""
) -> None:
    """mount(2). Raises OSError."""
    words = (os.fsencode(source), os.fsencode(target), kind.encode() or None)
    _call("mount", *words, ctypes.c_ulong(flags), options.encode() or None)


def unmount(target: str | Path) -> None:
    """umount2(2), as soon as nobody uses it. Raises OSError."""
    _call("umount2", os.fsencode(target), MNT_DETACH)


def unshare(flags: int) -> None:
    """unshare(2), for the calling thread. Raises OSError."""
    _call("unshare", flags)


@contextlib.contextmanager
def bound(source: str, target: Path) -> Iterator[Path]:
    """Bind-mount a file or folder over one that exists.

    In the mount namespace that `buildah unshare` made nobody else sees it.
    """
    mount(source, target, flags=MS_BIND)
    try:
        yield target
    finally:
        unmount(target)


def in_thread(call: Callable[[], int]) -> int:
    """Call something whose effect on namespaces must not stay: the thread takes it along."""
    results: list[int | OSError] = []

    def work() -> None:
        try:
            results.append(call())
        except OSError as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")

"""Trials that need no engine but its user namespace: mounts, and ways of the engine one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Backend
from rootbuild.errors import RootbuildError
from rootbuild.host.scratch import scratch_folder
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Layers:
    """Folders of an overlay that is about to be mounted at `merged`."""

    lower: Path
    upper: Path
    work: Path
    merged: Path

    @property
    def options(self) -> str:
        """The options of its mount."""
        return f"lowerdir={self.lower},upperdir={self.upper},workdir={self.work}"


def unshare() -> str:
    """Make a user namespace of our own, with a single id."""
    return said(process.call(("unshare", "--user", "--map-root-user", "true"), check=False))


def overlay(near: Path, *, rootless: bool) -> str:
    """Have the kernel mount an overlay on the filesystem of `near`, and change something in it."""
    how = ",userxattr" if rootless else ""

    def mount(layers: Layers) -> tuple[str, ...]:
        options = layers.options + how
        return ("mount", "-t", "overlay", "-o", options, "overlay", str(layers.merged))

    return _mounted(mount, near)


def fuse_overlayfs(near: Path) -> str:
    """The same by fuse-overlayfs."""
    if process.find("fuse-overlayfs") is None:
        return "fuse-overlayfs is not installed"
    return _mounted(
        lambda layers: ("fuse-overlayfs", "-o", layers.options, str(layers.merged)), near
    )


def ways(backend: Backend) -> dict[str, dict[str, str]]:
    """Try each way that an engine has for each of its questions."""
    return {
        question: {way.name: way.attempt() for way in found}
        for question, found in backend.ways().items()
    }


def version(program: str) -> str:
    """What a program says that its version is; "" if there is none, or it says nothing of use."""
    if process.find(program) is None:
        return ""
    answer = process.call((program, "--version"), check=False)
    words = answer.text.replace(",", " ").split()
    return next((word for word in words if word[:1].isdigit()), "")


def said(finished: process.Finished) -> str:
    """What went wrong with a program, in a line; "" if nothing did."""
    if finished.status == 0:
        return ""
    lines = finished.tail(1)
    return lines.strip() or f"{finished.argv[0]} exited with {finished.status}"


def last_line(error: RootbuildError) -> str:
    """An engine's failure in a line: the last that it said, behind its command."""
    lines = error.report.detail.splitlines()
    return f"{error}: {lines[-1]}" if len(lines) > 1 else str(error)


def _mounted(mount: Callable[[Layers], tuple[str, ...]], near: Path) -> str:
    """Mount layers in a folder near another one, use what is mounted, unmount it."""
    try:
        with _layers(near) as layers:
            refused = said(process.call(mount(layers), check=False))
            return refused or _used(layers)
    except OSError as error:
        return f"no folder for it can be made near {near}: {error.strerror}"


def _used(layers: Layers) -> str:
    """Change something in what is mounted, and unmount it."""
    try:
        (layers.merged / "new").write_text("")
        # A mark in the upper folder, which older kernels do not let an ordinary user make.
        (layers.merged / "old").unlink()
    except OSError as error:
        return f"mounted, but cannot be written to: {error.strerror}"
    finally:
        process.call(("umount", str(layers.merged)), check=False)
    return ""


@contextlib.contextmanager
def _layers(near: Path) -> Iterator[Layers]:
    with scratch_folder(near) as place:
        layers = Layers(*(place / name for name in ("lower", "upper", "work", "merged")))
        for folder in (layers.lower, layers.upper, layers.work, layers.merged):
            folder.mkdir()
        (layers.lower / "old").write_text("")
        yield layers

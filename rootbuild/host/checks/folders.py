"""Folders: the one for sockets and locks, and room on disks."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.facts import runtimedir
from rootbuild.facts.disk import Room
from rootbuild.host.finding import Finding, MakeFolder, of_problem
from rootbuild.host.patient import Patient

_FOLDER = "run-time folder"
_DISK = "disk space"
_LITTLE = 2 << 30


def check(patient: Patient) -> Iterator[Finding]:
    """XDG_RUNTIME_DIR, and the filesystems of the store and of temporary files."""
    yield _runtime_dir(patient)
    yield from (_room(room) for room in patient.rooms)


def _runtime_dir(patient: Patient) -> Finding:
    found, tried = patient.runtime_dir, "looking at XDG_RUNTIME_DIR and at its folder"
    if patient.account.root or found.good:
        used = found.used if found.good else "root needs none"
        return Finding("runtime-dir", _FOLDER, "ok", tried, used)
    missing = runtimedir.problem(found)
    instead = f"{found.used} is used instead"
    if missing is not None:
        return of_problem(missing, _FOLDER, tried, "weak", instead, instead)
    return Finding(
        "runtime-dir-unset",
        _FOLDER,
        "note",
        tried,
        "not set, and there is no /run/user folder: nobody has logged in by a session",
        instead,
        f"{instead}; podman without rootbuild has no networks that are created",
        (
            f"sudo loginctl enable-linger {patient.account.name}",
            f"export XDG_RUNTIME_DIR={found.used}  # without systemd, in the shell's profile",
        ),
        None if found.there else MakeFolder(runtimedir.fallback(patient.account.uid)),
    )


def _room(room: Room) -> Finding:
    tried = f"asking for the room of {room.folder}"
    happened = f"{room.bytes / 1e9:.1f} GB at {room.folder}"
    if 0 <= room.inodes < 10_000:
        happened += f", {room.inodes} more files"
    if not room.full and room.bytes >= _LITTLE:
        return Finding("disk-space", _DISK, "ok", tried, happened)
    if not room.full:
        what = "a large build may not fit"
        return Finding("little-space", _DISK, "weak", tried, happened, what, what)
    return Finding(
        "no-space",
        _DISK,
        "broken",
        tried,
        f"only {happened}",
        "no layer can be written",
        "no container can be made",
        ("rootbuild image ls, then rootbuild image rm what is not needed",),
    )

"""What a test may leave behind on a host, and how that is seen."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rootbuild.storage.index import Index
from tests.program import lines


@dataclass(frozen=True, slots=True)
class Traces:
    """What a test may leave behind on a host."""

    working_containers: frozenset[str]
    containers: frozenset[str]
    networks: frozenset[str]
    mounts: frozenset[str]
    processes: frozenset[str]
    folders: frozenset[str]

    @staticmethod
    def now() -> Traces:
        return Traces(
            frozenset(lines("buildah", "containers", "--all", "--quiet")),
            frozenset(lines("podman", "ps", "--all", "--quiet")),
            frozenset(lines("podman", "network", "ls", "--quiet")),
            _mounts(),
            frozenset(_processes()),
            _folders(),
        )

    def new_since(self, before: Traces) -> list[str]:
        """Words for what was not there before."""
        pairs = {
            "working container": self.working_containers - before.working_containers,
            "container": self.containers - before.containers,
            "network": self.networks - before.networks,
            "mount": self.mounts - before.mounts,
            "process": self.processes - before.processes,
            "folder of a container": self.folders - before.folders,
        }
        return [f"{kind}: {one}" for kind, found in pairs.items() for one in sorted(found)]


def _mounts() -> frozenset[str]:
    """Mount points where engines mount things: ours, and in the namespace that podman keeps."""
    inside = [] if os.geteuid() == 0 else lines("podman", "unshare", "cat", "/proc/self/mountinfo")
    outside = Path("/proc/self/mountinfo").read_text().splitlines()
    points = (line.split()[4] for line in [*inside, *outside])
    return frozenset(point for point in points if "/overlay/" in point or "/vfs/" in point)


def _folders() -> frozenset[str]:
    """What is beside the engine's store: working containers that are not the engine's."""
    places = Index().folder().with_name("rootbuild").glob("*")
    return frozenset(str(place) for place in places)


def _processes() -> Iterator[str]:
    """This user's processes and those of its containers, but for pytest's own forebears.

    podman keeps one process for the user's namespaces for good; it is no trace of a test.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            uids = {int(uid) for uid in _status(folder)["Uid"].split()}
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            started = (folder / "stat").read_text().rpartition(")")[2].split()[19]
        except (OSError, KeyError):
            continue  # it has ended meanwhile
        if uids.isdisjoint(_our_ids()) or _is_kept(command) or int(folder.name) == os.getpid():
            continue
        yield f"{folder.name} (started at {started}) {command}"


def _status(folder: Path) -> dict[str, str]:
    text = (folder / "status").read_text().splitlines()
    return {line.partition(":")[0]: line.partition(":")[2] for line in text}


def _is_kept(command: str) -> bool:
    words = command.split()
    return not words or (Path(words[0]).name in ("catatonit", "podman") and len(words) <= 2)


@functools.cache
def _our_ids() -> frozenset[int]:
    """This user, and the ids that its containers run under."""
    if os.geteuid() == 0:
        return frozenset()  # root's processes are everybody's: only what engines list is compared
    ids = {os.getuid()}
    names = (str(os.getuid()), os.environ.get("USER", ""))
    for line in Path("/etc/subuid").read_text().splitlines():
        name, first, count = line.split(":")
        if name in names:
            ids.update(range(int(first), int(first) + int(count)))
    return frozenset(ids)

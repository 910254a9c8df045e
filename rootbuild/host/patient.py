"""All that is known of a host: facts that were looked up, and trials that were made."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rootbuild import process
from rootbuild.facts import (
    account,
    cgroups,
    clock,
    devices,
    disk,
    ids,
    kernel,
    networks,
    pause,
    registries,
    resolver,
    runtimedir,
    store,
    surroundings,
)
from rootbuild.host.trial import Trials
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Patient:
    """A host as the doctor sees it."""

    account: account.Account
    ids: ids.Ids
    kernel: kernel.Kernel
    cgroups: cgroups.Cgroups
    fuse: devices.Device
    tun: devices.Device
    runtime_dir: runtimedir.RuntimeDir
    store: store.Store
    rooms: tuple[disk.Room, ...]
    networks: networks.Networks
    resolver: resolver.Resolver
    surroundings: surroundings.Surroundings
    registries: registries.Registries
    clock: clock.Clock
    pause: pause.Pause
    trials: Trials


def gather(
    trials: Trials,
    root: Path = Path("/"),
    environment: Mapping[str, str] = os.environ,
    find: Callable[[str], str | None] = process.find,
) -> Patient:
    """Look at everything; what was tried is given."""
    user = account.look(environment)
    folder = runtimedir.look(user, environment)
    found = store.look(user, environment)
    return Patient(
        account=user,
        ids=ids.look(user.uid, root, find),
        kernel=kernel.look(root),
        cgroups=cgroups.look(root),
        fuse=devices.look(root / devices.FUSE.relative_to("/")),
        tun=devices.look(root / devices.TUN.relative_to("/")),
        runtime_dir=folder,
        store=found,
        rooms=_rooms(found.folder, Path(tempfile.gettempdir()), Path(folder.used)),
        networks=networks.look(root, find),
        resolver=resolver.look(root),
        surroundings=surroundings.look(root),
        registries=registries.look(user, environment, root),
        clock=clock.look(root),
        pause=pause.look(folder, root),
        trials=trials,
    )


def _rooms(*folders: Path) -> tuple[disk.Room, ...]:
    """The room of each filesystem, under the first of its folders."""
    found = (room for room in map(disk.look, folders) if room is not None)
    rooms: dict[int, disk.Room] = {}
    for room in found:
        rooms.setdefault(room.device, room)
    return tuple(rooms.values())

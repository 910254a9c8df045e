"""A host on which all is well, to be changed in one point."""

from __future__ import annotations

from pathlib import Path

from rootbuild.facts.account import Account
from rootbuild.facts.cgroups import Cgroups
from rootbuild.facts.clock import Clock
from rootbuild.facts.devices import FUSE, TUN, Device
from rootbuild.facts.disk import Room
from rootbuild.facts.ids import IdRange, Ids, Mapper
from rootbuild.facts.kernel import Kernel
from rootbuild.facts.networks import Networks
from rootbuild.facts.pause import Pause
from rootbuild.facts.registries import Registries
from rootbuild.facts.resolver import Resolver
from rootbuild.facts.runtimedir import RuntimeDir
from rootbuild.facts.store import Store
from rootbuild.facts.surroundings import Surroundings
from rootbuild.host.patient import Patient
from rootbuild.host.trial import Trials

ANN = Account(1000, "ann")
ROOT = Account(0, "root")
RANGE = (IdRange(100000, 65536),)
MAPPERS = (Mapper("newuidmap", "/n", True), Mapper("newgidmap", "/m", True))

GOOD_TRIALS = Trials(
    engine="buildah",
    runner="podman",
    unshare="",
    namespace="",
    ids=65537,
    overlay="",
    fuse_overlayfs="",
    ways={
        "runtime": {"crun": "", "runc": ""},
        "isolation": {"oci": "", "chroot": ""},
        "network-helper": {"slirp4netns": "", "pasta": "not installed", "host": ""},
    },
    step="",
    container="",
    networked="",
    versions={"buildah": "1.28.2", "podman": "4.3.1", "crun": "1.8.1"},
)

GOOD = Patient(
    account=ANN,
    ids=Ids("ann", RANGE, RANGE, MAPPERS),
    kernel=Kernel((("net.ipv4.ip_unprivileged_port_start", "80"),)),
    cgroups=Cgroups("v2", ("cpu", "memory", "pids"), ("cpu", "memory", "pids")),
    fuse=Device(FUSE),
    tun=Device(TUN),
    runtime_dir=RuntimeDir("/run/user/1000", "/run/user/1000", good=True, account=ANN),
    store=Store(Path("/store"), Path("/conf"), configured="overlay", found=("overlay",)),
    rooms=(Room(Path("/store"), 1 << 40, -1),),
    networks=Networks("/netavark", "/aardvark-dns", (), ("slirp4netns",)),
    resolver=Resolver(("192.0.2.1",)),
    surroundings=Surroundings(),
    registries=Registries(),
    clock=Clock(2e9, 1e9, "/etc/passwd"),
    pause=Pause(7, 65537, "cgroup2", "cgroup2"),
    trials=GOOD_TRIALS,
)

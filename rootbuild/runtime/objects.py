"""Verbs on things by name: `stop a b`, `network rm n`, `volume inspect v`.

The engine does it; what it says about a name that is unknown is replaced by Docker's words. As with
Docker, an unknown name does not keep the verb from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rootbuild.backend import Runtime
from rootbuild.errors import RootbuildError, RuntimeRefusedError
from rootbuild.records import dataclass
from rootbuild.runtime.calls import Outcome, ask, call
from rootbuild.runtime.glances import seen
from rootbuild.runtime.names import (
    find_container,
    find_network,
    no_such_container,
    no_such_network,
)


@dataclass(frozen=True, slots=True)
class Act:
    """A verb on things.

    The engine is called with `words`, the names, and then `rest`. `forgiving` verbs take unknown
    names for done; `live` ones show at once what the engine says; one that only `shows` something
    may end at any time.
    """

    words: tuple[str, ...]
    names: tuple[str, ...]
    rest: tuple[str, ...] = ()
    forgiving: bool = False
    live: bool = False
    shows: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: which of some names are unknown, and the error that says so.

    `obstacle` says why a verb failed although all is known, if that can be seen. `seen` is a cheap
    look at whether a thing is there; that it does not see it means nothing.
    """

    unknown: Callable[[Runtime, Sequence[str]], Sequence[str]]
    error: Callable[[Sequence[str]], RootbuildError]
    obstacle: Callable[[Runtime, Act], RootbuildError | None]
    seen: Callable[[Runtime, str], bool]


def perform(runtime: Runtime, kind: Kind, act: Act) -> int:
    """Do it; gives the engine's exit code. Raises the kind's error for unknown names."""
    unknown: Sequence[str] = ()
    # What a live verb says cannot be taken back.
    unseen = act.live and not kind.seen(runtime, act.names[0])
    if len(act.names) > 1 or act.forgiving or unseen:
        unknown = kind.unknown(runtime, act.names)
    known = [name for name in act.names if name not in unknown]
    outcome = Outcome(0)
    if known:
        words = (*act.words, *known, *act.rest)
        outcome = call(runtime, words, live=act.live, shows=act.shows)
        if outcome.status != 0 and len(act.names) == 1:
            unknown = kind.unknown(runtime, known)
    if unknown and not act.forgiving:
        if len(act.names) > 1:
            outcome.replay()
        raise kind.error(unknown)
    if outcome.status != 0 and len(known) == 1:
        obstacle = kind.obstacle(runtime, act)
        if obstacle is not None:
            raise obstacle
    outcome.replay()
    return outcome.status


def _unknown_containers(runtime: Runtime, names: Sequence[str]) -> Sequence[str]:
    known = runtime.containers()
    return [name for name in names if find_container(name, known) is None]


def _unknown_networks(runtime: Runtime, names: Sequence[str]) -> Sequence[str]:
    known = runtime.networks()
    return [name for name in names if find_network(name, known) is None]


def _unknown_volumes(runtime: Runtime, names: Sequence[str]) -> Sequence[str]:
    known = [volume.name for volume in runtime.volumes()]
    return [name for name in names if name not in known]


def _no_such_volume(names: Sequence[str]) -> RuntimeRefusedError:
    message = "\n".join(f"get {name}: no such volume" for name in names)
    return RuntimeRefusedError(message, id="no-such-volume", exit_code=1)


def _still_running(runtime: Runtime, act: Act) -> RuntimeRefusedError | None:
    found = find_container(act.names[0], runtime.containers())
    if act.words[1:2] != ("rm",) or found is None or found.status != "running":
        return None
    return RuntimeRefusedError(
        f'cannot remove container "/{found.names[0] if found.names else found.id}": '
        "container is running: stop the container before removing or force remove",
        id="container-running",
        exit_code=1,
        hint=f"rootbuild rm -f {act.names[0]}",
    )


def _still_used(runtime: Runtime, act: Act) -> RuntimeRefusedError | None:
    name = find_network(act.names[0], runtime.networks())
    users = [c.names[0] for c in runtime.containers() if name in c.networks and c.names]
    if act.words[1:2] != ("rm",) or not users:
        return None
    return RuntimeRefusedError(
        f"error while removing network: network {name} has active endpoints: {', '.join(users)}",
        id="network-in-use",
        exit_code=1,
        hint=f"remove these containers first: rootbuild rm -f {' '.join(users)}",
    )


def _still_mounted(runtime: Runtime, act: Act) -> RuntimeRefusedError | None:
    if act.words[1:2] != ("rm",):
        return None
    name = act.names[0]
    words = ("ps", "--all", "--no-trunc", "--quiet", f"--filter=volume={name}")
    users = ask(runtime, words).answer.decode().split()
    if not users:
        return None
    return RuntimeRefusedError(
        f"remove {name}: volume is in use - [{', '.join(users)}]",
        id="volume-in-use",
        exit_code=1,
        hint=f"remove these containers first: rootbuild rm -f {' '.join(id[:12] for id in users)}",
    )


def _never_seen(runtime: Runtime, name: str) -> bool:
    return False


CONTAINERS = Kind(_unknown_containers, no_such_container, _still_running, seen)
NETWORKS = Kind(_unknown_networks, no_such_network, _still_used, _never_seen)
VOLUMES = Kind(_unknown_volumes, _no_such_volume, _still_mounted, _never_seen)

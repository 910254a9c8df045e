"""Filters of `docker ps`: what the engine knows as Docker does, and what is looked at here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from rootbuild.backend import StoredImage
from rootbuild.booleans import truth
from rootbuild.errors import UsageError
from rootbuild.records import dataclass
from rootbuild.runtime.listed import Listed
from rootbuild.runtime.names import find_image

STATES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")
# Docker's that the engine reads alike; and further ones that only clients of podman know.
_ENGINE = frozenset(
    ("before", "exited", "health", "id", "label", "pod", "since", "until", "volume")
)
_IGNORED = frozenset(("isolation",))  # of Windows
_PORT = re.compile(r"(\d+)(?:-(\d+))?(?:/(tcp|udp|sctp))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which containers are wanted: `engine` are its own filters; of `ours`, any value will do."""

    engine: tuple[str, ...]
    ours: Mapping[str, tuple[str, ...]]

    @property
    def everything(self) -> bool:
        """Whether it is also about containers that do not run, as that of a state is."""
        return "status" in self.ours

    @property
    def detailed(self) -> bool:
        """Whether more is looked at than the engine's list tells."""
        return bool(self.ours.keys() & {"expose", "network"})


def read(texts: Sequence[str]) -> Selection:
    """The values of `--filter`. Raises UsageError in Docker's words."""
    engine: list[str] = []
    ours: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(
                f'invalid argument "{text}" for "-f, --filter" flag: '
                "bad format of filter (expected name=value)"
            )
        key = key.strip().lower()
        if key in _ENGINE:
            engine.append(f"{key}={value}")
        elif key in _TESTS:
            _check(key, value)
            ours[key] = (*ours.get(key, ()), value)
        elif key not in _IGNORED:
            raise UsageError(f"invalid filter '{key}'", exit_code=1)
    return Selection(tuple(engine), ours)


def left(
    selection: Selection,
    containers: Sequence[Listed],
    *,
    images: Callable[[], Sequence[StoredImage]],
    networks: Callable[[], Sequence[tuple[str, str]]],
) -> list[Listed]:
    """Those that are meant. Images and (id, name) of networks are asked for if they matter."""
    found = list(containers)
    for key, values in selection.ours.items():
        if key == "ancestor":
            known = images()
            values = tuple(find_image(value, known) or value for value in values)
            values = tuple(id for value in values for id in _ids(value, known))
        elif key == "network":
            known_networks = networks()
            values = tuple(_named(value, known_networks) for value in values)
        test = _TESTS[key]
        found = [each for each in found if any(test(each, value) for value in values)]
    return found


def _check(key: str, value: str) -> None:
    if key == "status" and value not in STATES:
        raise UsageError(f"invalid filter 'status={value}'", exit_code=1)
    if key in ("publish", "expose") and not _ports(value):
        raise UsageError(f"invalid filter '{key}={value}'", exit_code=1)
    if key == "is-task":
        try:
            truth(value)
        except ValueError:
            raise UsageError(f"invalid filter 'is-task={value}'", exit_code=1) from None


def _ids(name: str, known: Sequence[StoredImage]) -> list[str]:
    return [image.id for image in known if name == image.id or name in image.names]


def _named(name: str, known: Sequence[tuple[str, str]]) -> str:
    """A network's name, which may be given by its whole id."""
    return next((found for id, found in known if id == name), name)


def _by_ancestor(container: Listed, image: str) -> bool:
    return container.image_id.removeprefix("sha256:") == image


def _by_name(container: Listed, pattern: str) -> bool:
    """Docker searches in the name as it keeps it, with a slash in front, and without that."""
    with suppress(re.error):  # what cannot be read finds nothing
        wanted = re.compile(pattern)
        return any(wanted.search(f"/{name}") or wanted.search(name) for name in container.names)
    return False


def _by_network(container: Listed, network: str) -> bool:
    return network in container.networks


def _by_state(container: Listed, state: str) -> bool:
    return container.state == state


def _by_task(container: Listed, value: str) -> bool:
    return not truth(value)  # there is no swarm, so nothing is a task


def _by_published(container: Listed, value: str) -> bool:
    wanted = _ports(value)
    return any(
        (port.host + place, port.protocol) in wanted
        for port in container.ports
        for place in range(port.count)
        if port.host
    )


def _by_exposed(container: Listed, value: str) -> bool:
    wanted = _ports(value)
    spans = [*container.exposed, *(str(port).rpartition("->")[2] for port in container.ports)]
    return any(wanted & _ports(span) for span in spans)


def _ports(text: str) -> set[tuple[int, str]]:
    """`80`, `80/udp`, `8000-8080/tcp`; nothing if it is none of these."""
    match = _PORT.fullmatch(text)
    if match is None:
        return set()
    first, last, protocol = int(match[1]), int(match[2] or match[1]), match[3] or "tcp"
    return {(port, protocol.lower()) for port in range(first, min(last, 65535) + 1)}


_TESTS: Mapping[str, Callable[[Listed, str], bool]] = {
    "ancestor": _by_ancestor,
    "expose": _by_exposed,
    "is-task": _by_task,
    "name": _by_name,
    "network": _by_network,
    "publish": _by_published,
    "status": _by_state,
}

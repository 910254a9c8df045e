"""Which devices a step gets: those that it asks for, as far as the build allows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rootbuild.booleans import truth
from rootbuild.cdi.registry import Registry
from rootbuild.cdi.spec import Edits, Specified, check_kind
from rootbuild.errors import BuildError

CLASS = "org.mobyproject.buildkit.device.class"
AUTO_ALLOW = "org.mobyproject.buildkit.device.autoallow"


class Request(Protocol):
    """A device that a step asks for."""

    @property
    def name(self) -> str:
        """`vendor/class`, `vendor/class=name` or `vendor/class=*`."""
        ...

    @property
    def required(self) -> bool:
        """Whether the step cannot do without."""
        ...


class Grant(Protocol):
    """A device that the build allows, and what steps may call it."""

    @property
    def name(self) -> str:
        """As in a request."""
        ...

    @property
    def alias(self) -> str:
        """Another name that leads to the device, "" for none."""
        ...


def find(registry: Registry, name: str, *, required: bool) -> tuple[Specified, ...]:
    """The devices that a name means; none only if that is allowed. Raises BuildError."""
    kind, _, wanted = name.partition("=")
    if not check_kind(kind):
        raise BuildError(f'invalid device "{name}"', id="bad-device", hint="vendor/class=name")
    of_kind = [device for device in registry.devices.values() if device.kind == kind]
    if wanted == "":
        found = of_kind[:1]
    elif wanted == "*":
        found = of_kind
    else:
        found = [device for device in of_kind if device.name == wanted]
        found = found or [one for one in of_kind if dict(one.annotations).get(CLASS) == wanted]
    if not found and required:
        raise BuildError(
            f'required device "{name}" is not registered',
            id="no-such-device",
            hint="CDI specifications are looked for in /etc/cdi, /var/run/cdi and ~/.config/cdi",
            detail="\n".join(registry.problems),
        )
    return tuple(found)


def choose(
    registry: Registry, requests: Sequence[Request], grants: Sequence[Grant], *, everything: bool
) -> tuple[Specified, ...]:
    """The devices of a step, each once. With `everything` the build allows all there are.

    Raises BuildError for what is missing, or not allowed.
    """
    aliases = {grant.alias: grant.name for grant in grants if grant.alias}
    chosen: list[Specified] = []
    asked: list[Specified] = []
    for request in requests:
        name = aliases.get(request.name, request.name)
        found = find(registry, name, required=request.required)
        chosen += found
        asked += found if request.name not in aliases else ()
    if not everything:
        _check_allowed(asked, _granted(registry, grants))
    return tuple({device.whole: device for device in chosen}.values())


def edits(devices: Iterable[Specified]) -> Edits:
    """All that devices change: what a specification says for all of its devices counts once."""
    total, seen = Edits(), set()
    for device in devices:
        if device.source not in seen:
            seen.add(device.source)
            total += device.common
        total += device.edits
    return total


def _granted(registry: Registry, grants: Sequence[Grant]) -> set[str]:
    names = [grant.name for grant in grants if not grant.alias]
    return {device.whole for name in names for device in find(registry, name, required=True)}


def _allowed_by_itself(device: Specified) -> bool:
    try:
        return truth(dict(device.annotations).get(AUTO_ALLOW, ""))
    except ValueError:
        return False


def _check_allowed(devices: Sequence[Specified], granted: set[str]) -> None:
    forbidden = [
        device.whole
        for device in {device.whole: device for device in devices}.values()
        if device.whole not in granted and not _allowed_by_itself(device)
    ]
    if forbidden:
        what, verb = ("device", "is") if len(forbidden) == 1 else ("devices", "are")
        raise BuildError(
            f"{what} {', '.join(forbidden)} {verb} requested by the build but not allowed",
            id="not-allowed",
            hint=f"build with --allow device={forbidden[0]}, or --allow device for all",
        )

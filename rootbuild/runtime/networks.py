"""Networks by name: what `--network` means, and making one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rootbuild.backend import Runtime, StoredNetwork
from rootbuild.errors import RuntimeRefusedError
from rootbuild.records import dataclass
from rootbuild.runtime import drivers, subnets
from rootbuild.runtime.calls import ask
from rootbuild.runtime.names import find_network
from rootbuild.runtime.subnets import Subnet

BRIDGE = "bridge"
PREDEFINED = (BRIDGE, "host", "none")
"""Docker's networks that are always there."""

_MODES = frozenset(
    {"bridge", "container", "default", "host", "none", "ns", "pasta", "private", "slirp4netns"}
)


def translate(value: str) -> str:
    """One `--network` in the engine's form.

    Docker's long form `name=NAME,alias=A,ip=IP` becomes `NAME:alias=A,ip=IP`.
    """
    fields = value.split(",")
    name = next((field[len("name=") :] for field in fields if field.startswith("name=")), "")
    if not name:
        return value
    rest = [field for field in fields if not field.startswith("name=")]
    return f"{name}:{','.join(rest)}" if rest else name


def called(runtime: Runtime, name: str, known: Sequence[tuple[str, str]]) -> str | None:
    """What the engine calls a network, of those that it knows as (id, name); None if there is none.

    Docker's `bridge` is the engine's usual one.
    """
    found = find_network(name, known)
    usual = any(network == runtime.default_network for _, network in known)
    return runtime.default_network if found is None and name == BRIDGE and usual else found


def named(values: Sequence[str]) -> tuple[str, ...]:
    """The networks among the values of `--network` that somebody must have created."""
    names = (value.split(":", 1)[0] for value in values)
    return tuple(name for name in names if name not in _MODES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A network that is to be made. `options` are (`KEY=VALUE`) of the driver, `rest` the engine's
    own words.
    """

    name: str
    driver: str = ""
    subnets: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


def create(runtime: Runtime, wanted: Wanted) -> int:
    """Create a network and print its id, as Docker does. Raises RuntimeRefusedError."""
    if wanted.name in PREDEFINED:
        raise _exists(wanted.name)
    asked = subnets.read(wanted.subnets, wanted.gateways, wanted.ranges)
    words = (
        *(f"--driver={driver}" for driver in [wanted.driver] if driver),
        *subnets.words(asked),
        *(f"--opt={option}" for option in drivers.options(wanted.options)),
        *wanted.rest,
    )
    outcome = ask(runtime, ("network", "create", *words, wanted.name))
    if outcome.status != 0:
        _explain(runtime, wanted, asked)
        outcome.replay()
        return 1
    found = next((id for id, known in runtime.networks() if known == wanted.name), wanted.name)
    sys.stdout.write(f"{found}\n")
    sys.stdout.flush()
    (made,) = runtime.described_networks([wanted.name]) or (None,)
    if made is not None and not made.names and made.driver == "bridge":
        sys.stderr.write(_nameless(made))
    return 0


def _explain(runtime: Runtime, wanted: Wanted, asked: Sequence[Subnet]) -> None:
    """Raise the refusal that fits, if one is known."""
    known = [name for _, name in runtime.networks()]
    if wanted.name in known:
        raise _exists(wanted.name, removable=wanted.name != runtime.default_network)
    refused = drivers.unknown(wanted.driver)
    if refused is not None:
        raise refused
    used = [(each.name, net) for each in runtime.described_networks(known)
            for net, _, _ in each.subnets]  # fmt: skip
    clash = subnets.overlapping(asked, used)
    if clash is not None:
        raise RuntimeRefusedError(
            "Pool overlaps with other one on this address space",
            id="subnet-in-use",
            exit_code=1,
            hint=f"network {clash[0]} has {clash[1]}: take other addresses, or remove it",
        )


def _exists(name: str, *, removable: bool = False) -> RuntimeRefusedError:
    return RuntimeRefusedError(
        f"network with name {name} already exists",
        id="network-exists",
        exit_code=1,
        hint=f"rootbuild network rm {name} removes it" if removable else "",
    )


def _nameless(network: StoredNetwork) -> str:
    """What is said of a network on which nobody answers for names."""
    if network.internal:
        why = "the engine has no name server on internal networks"
    else:
        why = "the name server is missing (rootbuild doctor names its package)"
    return (
        f"WARNING: {why}: a container on {network.name} finds by name just those that ran there "
        "when it was started\n"
    )

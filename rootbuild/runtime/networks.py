"""Networks by name: what `--network` means, and making one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rootbuild.backend import Runtime
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime.calls import ask

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


def named(values: Sequence[str]) -> tuple[str, ...]:
    """The networks among the values of `--network` that somebody must have created."""
    names = (value.split(":", 1)[0] for value in values)
    return tuple(name for name in names if name not in _MODES)


def create(runtime: Runtime, name: str, options: Sequence[str]) -> int:
    """Create a network and print its id, as Docker does."""
    outcome = ask(runtime, ("network", "create", *options, name))
    if outcome.status != 0:
        if any(name == known for _, known in runtime.networks()):
            raise RuntimeRefusedError(
                f"network with name {name} already exists",
                id="network-exists",
                exit_code=1,
                hint=f"rootbuild network rm {name} removes it",
            )
        outcome.replay()
        return 1
    found = next((id for id, known in runtime.networks() if known == name), name)
    sys.stdout.write(f"{found}\n")
    return 0

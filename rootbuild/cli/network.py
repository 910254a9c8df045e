"""`network create|inspect|rm|connect|disconnect`."""

from __future__ import annotations

from rootbuild.backend import choose_runtime
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.runtime import networks
from rootbuild.runtime.objects import CONTAINERS, NETWORKS, Act, perform


def create(parsed: Parsed) -> int:
    """Make a network and print its id."""
    # Any container may join the engine's networks later: `--attachable` is always so.
    return networks.create(choose_runtime(), parsed.args[0], parsed.tokens(["attachable"]))


def on_names(parsed: Parsed) -> int:
    """All arguments are networks."""
    removing = parsed.command.path[-1] == "rm"
    # The engine's own `--force` would remove the containers as well.
    verb = words(parsed, ["force"] if removing else [])
    forgiving = removing and parsed.switch("force")
    act = Act(verb, parsed.args, forgiving=forgiving)
    return min(perform(choose_runtime(), NETWORKS, act), 1)


def attach(parsed: Parsed) -> int:
    """A network, and a container that joins or leaves it."""
    runtime = choose_runtime()
    network, container = parsed.args
    act = Act(words(parsed), (network,), (container,))
    status = perform(runtime, NETWORKS, act)
    if status != 0:
        missing = CONTAINERS.unknown(runtime, [container])
        if missing:
            raise CONTAINERS.error(missing)
    return min(status, 1)

"""`container stop|rm|logs|exec|...`: verbs on containers that are there."""

from __future__ import annotations

from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime.calls import call
from rootbuild.runtime.names import find_container
from rootbuild.runtime.objects import CONTAINERS, Act, perform
from rootbuild.runtimes import choose_runtime

LIVE = frozenset({"attach", "logs"})
ENGINE_FAILED = 125
EXEC_FAILED = (ENGINE_FAILED, 255)  # the latter also where the container does not run


def on_names(parsed: Parsed) -> int:
    """All arguments are containers."""
    # Docker kills at once what is removed by force; the engine would wait for it to stop.
    at_once = parsed.command.path[-1] == "rm" and parsed.switch("force")
    verb = (*words(parsed), *(["--time=0"] if at_once else []))
    act = Act(verb, parsed.args, forgiving=at_once)
    return min(perform(choose_runtime(), CONTAINERS, act), 1)


def on_first(parsed: Parsed) -> int:
    """The first argument is a container."""
    live = parsed.command.path[-1] in LIVE
    act = Act(words(parsed), parsed.args[:1], parsed.args[1:], live=live)
    status = perform(choose_runtime(), CONTAINERS, act)
    return 1 if status == ENGINE_FAILED else status


def start(parsed: Parsed) -> int:
    """Start containers; attached to one, its exit code is ours."""
    attached = parsed.switch("attach") or parsed.switch("interactive")
    runtime = choose_runtime()
    runtime.prepare()
    status = perform(runtime, CONTAINERS, Act(words(parsed), parsed.args, live=attached))
    return status if attached and status != ENGINE_FAILED else min(status, 1)


def exec_in(parsed: Parsed) -> int:
    """Run a command in a running container; its exit code is ours."""
    runtime = choose_runtime()
    name = parsed.args[0]
    outcome = call(runtime, (*words(parsed), *parsed.args), live=True)
    if outcome.status not in EXEC_FAILED:
        return outcome.status
    found = find_container(name, runtime.containers())
    if found is None:
        raise CONTAINERS.error([name])
    if found.status != "running":
        raise RuntimeRefusedError(
            f"container {found.id} is not running",
            id="container-not-running",
            exit_code=1,
            hint=f"rootbuild start {name} starts it",
        )
    return outcome.status

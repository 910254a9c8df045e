"""`container stop|rm|logs|exec|...`: verbs on containers that are there."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.backend import Runtime
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.cli.terminal import need_terminal
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime.calls import Outcome, ask, call
from rootbuild.runtime.names import find_container
from rootbuild.runtime.objects import CONTAINERS, Act, perform
from rootbuild.runtime.run import NOT_STARTED, explain_host
from rootbuild.runtimes import choose_runtime

LIVE = frozenset({"attach", "logs"})
SHOWING = frozenset({"logs", "top", "wait"})
ENGINE_FAILED = 125
EXEC_FAILED = (ENGINE_FAILED, 255)  # the latter also where the container does not run


def on_names(parsed: Parsed) -> int:
    """All arguments are containers."""
    # Docker kills at once what is removed by force; the engine would wait for it to stop.
    name = parsed.command.path[-1]
    at_once = name == "rm" and parsed.switch("force")
    verb = (*words(parsed), *(["--time=0"] if at_once else []))
    act = Act(verb, parsed.args, forgiving=at_once, shows=name in SHOWING)
    return min(perform(choose_runtime(), CONTAINERS, act), 1)


def on_first(parsed: Parsed) -> int:
    """The first argument is a container."""
    name = parsed.command.path[-1]
    live, shows = name in LIVE, name in SHOWING
    act = Act(words(parsed), parsed.args[:1], parsed.args[1:], live=live, shows=shows)
    status = perform(choose_runtime(), CONTAINERS, act)
    return 1 if status == ENGINE_FAILED else status


def start(parsed: Parsed) -> int:
    """Start containers; attached to one, its exit code is ours."""
    attached = parsed.switch("attach") or parsed.switch("interactive")
    runtime = choose_runtime()
    runtime.prepare()
    status = perform(runtime, CONTAINERS, Act(words(parsed), parsed.args, live=attached))
    if status != 0:
        _explain_start(runtime, parsed.args)
    return status if attached and status != ENGINE_FAILED else min(status, 1)


def _explain_start(runtime: Runtime, names: Sequence[str]) -> None:
    """Tell what is wrong with this host, if containers were not started because of that."""
    known = runtime.containers()
    for name in names:
        found = find_container(name, known)
        if found is not None and found.status in NOT_STARTED:
            asked = ("container", "inspect", "--format={{.HostConfig.NetworkMode}}", found.id)
            mode = ask(runtime, asked).answer.decode().strip()
            try:
                explain_host(runtime, Outcome(1), private=mode not in ("none", "host"))
            except RuntimeRefusedError as error:
                error.exit_code = 1
                raise


def exec_in(parsed: Parsed) -> int:
    """Run a command in a running container; its exit code is ours."""
    if parsed.switch("detach"):
        return _exec_detached(parsed)
    need_terminal(parsed)
    runtime = choose_runtime()
    status = call(runtime, (*words(parsed), *parsed.args), live=True).status
    if status in EXEC_FAILED:
        _explain_exec(runtime, parsed.args[0])
    return status


def _exec_detached(parsed: Parsed) -> int:
    """Docker does not print the id of what it has started."""
    runtime = choose_runtime()
    outcome = ask(runtime, (*words(parsed), *parsed.args))
    if outcome.status in EXEC_FAILED:
        _explain_exec(runtime, parsed.args[0])
    Outcome(outcome.status, outcome.said).replay()
    return outcome.status


def _explain_exec(runtime: Runtime, name: str) -> None:
    """Raise what is known about a container in which nothing could be started."""
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

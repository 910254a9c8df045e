"""`container stop|rm|logs|exec|...`: verbs on containers that are there."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rootbuild.backend import Runtime
from rootbuild.cli.engine import separated, words
from rootbuild.cli.parse import Parsed
from rootbuild.cli.terminal import need_terminal
from rootbuild.errors import RuntimeRefusedError, UsageError
from rootbuild.runtime.calls import Outcome, ask, call
from rootbuild.runtime.glances import seen_running
from rootbuild.runtime.names import check_name, find_container, name_in_use
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
    return _on_first(parsed, words(parsed))


def logs(parsed: Parsed) -> int:
    """What a container has printed. There are no details to it, and all of it is the default."""
    whole = parsed.text("tail") == "all"
    return _on_first(parsed, words(parsed, ["details", *(["tail"] if whole else [])]))


def _on_first(parsed: Parsed, verb: tuple[str, ...]) -> int:
    name = parsed.command.path[-1]
    live, shows = name in LIVE, name in SHOWING
    act = Act(verb, parsed.args[:1], parsed.args[1:], live=live, shows=shows)
    status = perform(choose_runtime(), CONTAINERS, act)
    return 1 if status == ENGINE_FAILED else status


def rename(parsed: Parsed) -> int:
    """Give a container another name."""
    container, name = parsed.args
    check_name(name, exit_code=1)
    runtime = choose_runtime()
    outcome = ask(runtime, (*words(parsed), container, name))
    if outcome.status != 0:
        known = runtime.containers()
        if find_container(container, known) is None:
            raise CONTAINERS.error([container])
        taken = next((each for each in known if name in each.names), None)
        if taken is not None:
            raise name_in_use(name, taken.id, exit_code=1)
    outcome.replay()
    return min(outcome.status, 1)


def cp(parsed: Parsed) -> int:
    """Copy files out of a container or into one."""
    ends = [_end(argument) for argument in parsed.args]
    containers = [container for container, _ in ends if container]
    if not containers:
        raise UsageError("must specify at least one container source", exit_code=1)
    runtime = choose_runtime()
    outcome = call(runtime, (*words(parsed), *separated(parsed.args)))
    if outcome.status == 0:
        outcome.replay()
        return 0
    missing = CONTAINERS.unknown(runtime, containers)
    if missing:
        raise CONTAINERS.error(missing)
    container, source = ends[0]
    if not container and source != "-" and not os.path.lexists(source):
        raise RuntimeRefusedError(
            f"lstat {source}: no such file or directory", id="copy", exit_code=1
        )
    said = outcome.said.decode("utf-8", "replace").strip().removeprefix("Error: ")
    raise RuntimeRefusedError(said, id="copy", exit_code=1)


def _end(argument: str) -> tuple[str, str]:
    """(container, path); no container for what is on this host, such as `./a:b` or `-`."""
    container, colon, path = argument.partition(":")
    if not colon or argument.startswith(("/", ".")):
        return "", argument
    return container, path


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
    """Run a command in a running container; its exit code is ours.

    What the engine says goes the command's way and cannot be taken back, so we look before.
    """
    detached = parsed.switch("detach")
    if not detached:
        need_terminal(parsed)
    runtime = choose_runtime()
    name = parsed.args[0]
    looked = not seen_running(runtime, name)
    if looked:
        _need_running(runtime, name)
    argv = (*words(parsed), *parsed.args)
    outcome = ask(runtime, argv) if detached else call(runtime, argv, live=True)
    if outcome.status in EXEC_FAILED and not looked:
        _need_running(runtime, name)
    Outcome(outcome.status, outcome.said).replay()  # docker tells no id of what it has started
    return outcome.status


def _need_running(runtime: Runtime, name: str) -> None:
    """Raise the refusal that fits if a container is not there, or does not run."""
    found = find_container(name, runtime.containers())
    if found is None:
        raise CONTAINERS.error([name])
    if found.status == "paused":
        raise RuntimeRefusedError(
            f"Container {name} is paused, unpause the container before exec",
            id="container-not-running",
            exit_code=1,
            hint=f"rootbuild unpause {name}",
        )
    if found.status != "running":
        raise RuntimeRefusedError(
            f"container {found.id} is not running",
            id="container-not-running",
            exit_code=1,
            hint=f"rootbuild start {name} starts it",
        )

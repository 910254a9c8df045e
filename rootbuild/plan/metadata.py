"""Instructions that only change the image's config: each a function from state to state.

History texts are those that BuildKit writes, so that images look the same whoever built them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from rootbuild.dockerfile.durations import go_duration
from rootbuild.dockerfile.instructions import (
    Arg,
    ArgPair,
    Cmd,
    Command,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Shell,
    StopSignal,
    User,
    Volume,
)
from rootbuild.dockerfile.ports import parse_ports
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.signals import check_signal
from rootbuild.errors import DockerfileError
from rootbuild.image.config import HealthProbe, merged, set_pair
from rootbuild.plan.state import StageState
from rootbuild.plan.words import Words
from rootbuild.records import replace

SCANNER_ARGS = frozenset(("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"))
"""ARGs that say what an SBOM scanner looks at; commands and other words do not see them."""


def apply_arg(
    state: StageState,
    arg: Arg,
    words: Words,
    given: Mapping[str, str],
    inherited: Mapping[str, str],
) -> StageState:
    """ARG: a --build-arg wins, then the own default, then the global scope's value."""
    shown = []
    for pair in arg.pairs:
        value: str | None
        if pair.key in given:
            value = given[pair.key]
        elif pair.value is not None:
            value = Words(state.lookup, words.escape).one(pair.value)
        else:
            value = inherited.get(pair.key)
        if value is not None and pair.key not in SCANNER_ARGS:
            state = state.with_env(pair.key, value)
        state = replace(state, args=(*state.args, ArgPair(pair.key, value)))
        shown.append(pair.key if value is None else f"{pair.key}={value}")
    return state.with_history("ARG " + " ".join(shown))


def apply_env(state: StageState, env: Env, words: Words) -> StageState:
    """ENV: for the image and for the rest of the stage."""
    shown = []
    for pair in env.pairs:
        key, value = words.one(pair.key), words.one(pair.value)
        if not key:
            raise DockerfileError("ENV names can not be blank")
        state = state.with_env(key, value)
        state = state.with_config(replace(state.config, env=set_pair(state.config.env, key, value)))
        shown.append(f"{key}={value}")
    return state.with_history("ENV " + " ".join(shown))


def apply_label(state: StageState, label: Label, words: Words) -> StageState:
    """LABEL: a later value of the same key wins."""
    labels, shown = state.config.labels, []
    for pair in label.pairs:
        key, value = words.one(pair.key), words.one(pair.value)
        labels = set_pair(labels, key, value)
        shown.append(f"{key}={value}")
    state = state.with_config(replace(state.config, labels=labels))
    return state.with_history("LABEL " + " ".join(shown))


def apply_cmd(state: StageState, cmd: Cmd) -> StageState:
    """CMD: the last one counts."""
    argv = command_line(state, cmd.command)
    config = replace(state.config, cmd=argv, args_escaped=True)
    return replace(state, config=config, own_cmd=True).with_history(f"CMD {_quoted(argv)}")


def apply_entrypoint(state: StageState, entrypoint: Entrypoint) -> StageState:
    """ENTRYPOINT: drops a CMD that was inherited, keeps one that this stage has set."""
    argv = command_line(state, entrypoint.command)
    cmd = state.config.cmd if state.own_cmd else None
    state = state.with_config(replace(state.config, entrypoint=argv, cmd=cmd))
    return state.with_history(f"ENTRYPOINT {_quoted(argv)}")


def apply_expose(state: StageState, expose: Expose, words: Words) -> StageState:
    """EXPOSE: ranges become single ports."""
    ports = parse_ports(words.split(expose.ports))
    config = replace(state.config, exposed_ports=merged(state.config.exposed_ports, ports))
    return state.with_config(config).with_history(f"EXPOSE [{' '.join(sorted(set(ports)))}]")


def apply_user(state: StageState, user: User, words: Words) -> StageState:
    """USER: kept as it is; whether the name exists shows when something runs."""
    name = words.one(user.user)
    return state.with_config(replace(state.config, user=name)).with_history(f"USER {name}")


def apply_volume(state: StageState, volume: Volume, words: Words) -> StageState:
    """VOLUME: metadata only; what later steps write below it is kept."""
    paths = tuple(path.strip() for path in words.all(volume.paths))
    if "" in paths:
        raise DockerfileError("VOLUME specified can not be an empty string")
    config = replace(state.config, volumes=merged(state.config.volumes, paths))
    return state.with_config(config).with_history(f"VOLUME [{' '.join(paths)}]")


def apply_shell(state: StageState, shell: Shell) -> StageState:
    """SHELL: for the shell form from here on, and in the image."""
    state = state.with_config(replace(state.config, shell=shell.argv))
    return state.with_history(f"SHELL [{' '.join(shell.argv)}]")


def apply_stopsignal(state: StageState, stop: StopSignal, words: Words) -> StageState:
    """STOPSIGNAL: a known name or a number."""
    signal = words.one(stop.signal)
    check_signal(signal)
    state = state.with_config(replace(state.config, stop_signal=signal))
    return state.with_history(f"STOPSIGNAL {signal}")


def apply_maintainer(state: StageState, maintainer: Maintainer) -> StageState:
    """MAINTAINER: the image's author."""
    state = state.with_config(replace(state.config, author=maintainer.name))
    return state.with_history(f"MAINTAINER {maintainer.name}")


def apply_healthcheck(state: StageState, check: Healthcheck) -> StageState:
    """HEALTHCHECK: the last one counts; NONE switches off an inherited one."""
    if check.test is None:
        test: tuple[str, ...] = ("NONE",)
    else:
        test = ("CMD-SHELL" if check.test.shell else "CMD", *check.test.args)
    probe = HealthProbe(
        test=test,
        interval=check.interval,
        timeout=check.timeout,
        start_period=check.start_period,
        start_interval=check.start_interval,
        retries=check.retries,
    )
    shown = (
        f"{{Test:[{' '.join(test)}] Interval:{go_duration(check.interval)} "
        f"Timeout:{go_duration(check.timeout)} StartPeriod:{go_duration(check.start_period)} "
        f"StartInterval:{go_duration(check.start_interval)} Retries:{check.retries}}}"
    )
    state = state.with_config(replace(state.config, healthcheck=probe))
    return state.with_history(f"HEALTHCHECK {shown}")


def apply_onbuild(state: StageState, onbuild: Onbuild) -> StageState:
    """ONBUILD: only kept, as it is written, for those who start from the image. No history."""
    kept = (*state.config.onbuild, onbuild.expression)
    return state.with_config(replace(state.config, onbuild=kept))


def resolve_workdir(current: str, path: str) -> str:
    """A WORKDIR against the one before it: absolute, cleaned, no slash at the end."""
    joined = posixpath.normpath(posixpath.join("/", current, path))
    return "/" + joined.lstrip("/")


def command_line(state: StageState, command: Command) -> tuple[str, ...]:
    """The argv of a command: as it is in the exec form, one string for the SHELL otherwise."""
    if not command.shell:
        return command.args
    return (*state.shell, " ".join(command.args))


def _quoted(argv: Iterable[str]) -> str:
    """`["a" "b"]`: Go's %q of a list of strings, which is how history shows commands."""
    return "[" + " ".join(quoted(word) for word in argv) + "]"

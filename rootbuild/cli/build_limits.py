"""`--ulimit`, `--shm-size`, `--security-opt` and the limits of control groups of `image build`."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.cli.parse import Parsed
from rootbuild.dockerfile.sizes import ram_in_bytes
from rootbuild.errors import UnsupportedError, UsageError
from rootbuild.execution import UNLIMITED, Limits, Resources, Security, Ulimit

ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc"),
    *("rss", "rtprio", "rttime", "sigpending", "stack"),
)
SHORTEST, LONGEST = 1000, 1_000_000
# What is asked for holds already: there is no label and no profile that could be taken away.
HOLDS = ("label=disable", "apparmor=unconfined", "label:disable", "apparmor:unconfined")


def read_limits(parsed: Parsed) -> Limits:
    """All limits that were given. Raises UsageError."""
    ulimits = {limit.name: limit for limit in map(read_ulimit, parsed.all("ulimit"))}
    return Limits(
        ulimits=tuple(ulimits.values()),
        shm_size=_size(parsed, "shm-size"),
        resources=_resources(parsed),
    )


def read_ulimit(text: str) -> Ulimit:
    """`NAME=SOFT[:HARD]`, with -1 for no limit. Raises UsageError."""
    name, equals, values = text.partition("=")
    if not equals:
        raise _bad("ulimit", text, f"invalid ulimit argument: {text}")
    if name not in ULIMITS:
        raise _bad("ulimit", text, f"invalid ulimit type: {name}")
    parts = values.split(":")
    if len(parts) > 2:
        problem = "too many limit value arguments - {}, can only have up to two, `soft[:hard]`"
        raise _bad("ulimit", text, problem.format(values))
    try:
        numbers = [int(part) for part in parts]
    except ValueError as error:
        raise _bad("ulimit", text, str(error)) from error
    soft, hard = numbers[0], numbers[-1]
    if min(numbers) < UNLIMITED:
        raise _bad("ulimit", text, "a limit is a number, or -1 for none")
    if hard != UNLIMITED and (soft == UNLIMITED or soft > hard):
        problem = f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
        raise _bad("ulimit", text, problem)
    return Ulimit(name, soft, hard)


def read_security(parsed: Parsed) -> Security:
    """What `--security-opt` asks for. Raises UsageError, UnsupportedError."""
    no_new_privileges, seccomp = False, ""
    for text in parsed.all("security-opt"):
        name, value = _option(text)
        if name == "no-new-privileges" and value in ("", "true", "false"):
            no_new_privileges = value != "false"
        elif name == "seccomp" and value:
            seccomp = value if value == "unconfined" else _rules(text, value)
        elif text not in HOLDS:
            raise UnsupportedError(
                f"--security-opt {text} is not supported",
                hint="no-new-privileges, seccomp=unconfined and seccomp=FILE are",
                exit_code=125,
            )
    return Security(no_new_privileges=no_new_privileges, seccomp=seccomp)


def _option(text: str) -> tuple[str, str]:
    """The name and the value, with a `=` or, as in old times, a `:` between them."""
    name, equals, value = text.partition("=")
    if not equals:
        name, _, value = text.partition(":")
    return name, value


def _rules(text: str, path: str) -> str:
    if not os.access(path, os.R_OK):
        raise _bad("security-opt", text, f"opening seccomp profile ({path}) failed")
    return str(Path(path).absolute())


def _resources(parsed: Parsed) -> Resources:
    memory, swap = _size(parsed, "memory"), _swap(parsed)
    if swap > 0 and not memory:
        raise UsageError(
            "You should always set the Memory limit when using Memoryswap limit, see usage"
        )
    if 0 < swap < memory:
        raise UsageError("Minimum memoryswap limit should be larger than memory limit, see usage")
    period, quota = parsed.number("cpu-period", 0), parsed.number("cpu-quota", 0)
    if period and not SHORTEST <= period <= LONGEST:
        raise UsageError(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
        )
    if 0 < quota < SHORTEST:
        raise UsageError("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    return Resources(
        memory=memory,
        memory_swap=swap,
        cpu_shares=parsed.number("cpu-shares", 0),
        cpu_period=period,
        cpu_quota=quota,
        cpuset_cpus=parsed.text("cpuset-cpus"),
        cpuset_mems=parsed.text("cpuset-mems"),
        cgroup_parent=parsed.text("cgroup-parent"),
    )


def _swap(parsed: Parsed) -> int:
    return UNLIMITED if parsed.text("memory-swap") == "-1" else _size(parsed, "memory-swap")


def _size(parsed: Parsed, name: str) -> int:
    text = parsed.text(name)
    if not text:
        return 0
    try:
        return ram_in_bytes(text)
    except ValueError as error:
        raise _bad(name, text, str(error)) from error


def _bad(name: str, text: str, problem: str) -> UsageError:
    return UsageError(f'invalid argument "{text}" for "--{name}" flag: {problem}')

"""RUN, CMD, ENTRYPOINT, SHELL and HEALTHCHECK: what starts programs."""

from __future__ import annotations

import re

from rootbuild.dockerfile.durations import MILLISECOND, go_duration, parse_duration
from rootbuild.dockerfile.flags import Flags, Known
from rootbuild.dockerfile.instructions import Cmd, Entrypoint, Healthcheck, Run, Shell
from rootbuild.dockerfile.parsers.request import Request
from rootbuild.dockerfile.quote import quoted
from rootbuild.errors import DockerfileError

_RUN_FLAGS = Known(strings=("network", "security"), lists=("mount", "device"))
_NETWORKS = ("default", "none", "host")
_SECURITIES = ("sandbox", "insecure")
_HEALTH_FLAGS = Known(strings=("interval", "timeout", "start-period", "start-interval", "retries"))
_INTEGER = re.compile(r"[-+]?[0-9]+")


def parse_run(request: Request) -> Run:
    """RUN [--mount=...]... [--network=...] [--security=...] [--device=...]... COMMAND"""
    flags = request.flags(_RUN_FLAGS)
    network, security = flags.string("network"), flags.string("security")
    if network is not None and network not in _NETWORKS:
        raise DockerfileError(
            f"invalid network mode {quoted(network)}",
            id="bad-network",
            hint=f"use one of {', '.join(_NETWORKS)}",
        )
    if security is not None and security not in _SECURITIES:
        raise DockerfileError(
            f"security {quoted(security)} is not valid",
            id="bad-security",
            hint=f"use one of {', '.join(_SECURITIES)}",
        )
    return Run(
        location=request.location,
        text=request.node.text,
        command=request.command(request.args),
        heredocs=request.node.heredocs,
        mounts=flags.all("mount"),
        network=network,
        security=security,
        devices=flags.all("device"),
    )


def parse_cmd(request: Request) -> Cmd:
    """CMD COMMAND | ["argv"...]"""
    request.flags()
    return Cmd(request.location, request.node.text, request.command(request.args))


def parse_entrypoint(request: Request) -> Entrypoint:
    """ENTRYPOINT COMMAND | ["argv"...]"""
    request.flags()
    return Entrypoint(request.location, request.node.text, request.command(request.args))


def parse_shell(request: Request) -> Shell:
    """SHELL ["argv"...]"""
    request.flags()
    argv = request.some()
    if not request.node.json:
        raise request.error(
            "requires the arguments to be in JSON form",
            "shell-not-json",
            hint='write SHELL ["/bin/bash", "-c"]',
        )
    return Shell(request.location, request.node.text, argv)


def parse_healthcheck(request: Request) -> Healthcheck:
    """HEALTHCHECK [--interval=D] [--timeout=D] [--start-period=D] ... CMD COMMAND | NONE"""
    kind, *args = request.some()
    kind = kind.upper()
    if kind == "NONE":
        if args:
            raise request.error("NONE takes no arguments", "bad-healthcheck")
        return Healthcheck(request.location, request.node.text, test=None)
    flags = request.flags(_HEALTH_FLAGS)
    if kind != "CMD":
        raise DockerfileError(
            f"Unknown type {quoted(kind)} in HEALTHCHECK (try CMD)", id="bad-healthcheck"
        )
    if not args:
        raise DockerfileError("Missing command after HEALTHCHECK CMD", id="bad-healthcheck")
    return Healthcheck(
        location=request.location,
        text=request.node.text,
        test=request.command(tuple(args)),
        interval=_interval(flags, "interval"),
        timeout=_interval(flags, "timeout"),
        start_period=_interval(flags, "start-period"),
        start_interval=_interval(flags, "start-interval"),
        retries=_retries(flags.string("retries")),
    )


def _interval(flags: Flags, name: str) -> int:
    text = flags.string(name)
    if not text:
        return 0
    nanoseconds = parse_duration(text)
    if nanoseconds and nanoseconds < MILLISECOND:
        raise DockerfileError(
            f"Interval {quoted(name)} cannot be less than {go_duration(MILLISECOND)}",
            id="bad-duration",
        )
    return nanoseconds


def _retries(text: str | None) -> int:
    if not text:
        return 0
    digits = text.lstrip("+-").lstrip("0")
    if not _INTEGER.fullmatch(text):
        raise _not_a_number(text, "invalid syntax")
    value = int(text) if len(digits) <= 10 else 2**31
    if not -(2**31) <= value < 2**31:
        raise _not_a_number(text, "value out of range")
    if value < 0:
        raise DockerfileError(f"--retries cannot be negative ({value})", id="bad-retries")
    return value


def _not_a_number(text: str, problem: str) -> DockerfileError:
    return DockerfileError(
        f"strconv.ParseInt: parsing {quoted(text)}: {problem}",
        id="bad-retries",
        hint="--retries takes a number of tries",
    )

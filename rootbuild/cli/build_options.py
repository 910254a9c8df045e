"""The options of `image build`: from words to a BuildOptions; what cannot be served is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.attest import options as attestations
from rootbuild.backend import NetworkMode
from rootbuild.build.options import NO_DEBUGGING, BuildOptions, Debugging
from rootbuild.cli.build_cache import read_sources, read_targets
from rootbuild.cli.build_limits import read_limits, read_security
from rootbuild.cli.build_mounts import read_agents, read_allowed, read_secret
from rootbuild.cli.parse import Parsed
from rootbuild.context.named import read_contexts
from rootbuild.context.origin import main_origin
from rootbuild.errors import UnsupportedError, UsageError
from rootbuild.execution import HOST_GATEWAY
from rootbuild.image.dates import SOURCE_DATE_EPOCH
from rootbuild.image.platform import Platform, build_platform, parse_platform
from rootbuild.image.reference import parse as parse_reference
from rootbuild.outputs.request import Wanted
from rootbuild.registry import config

if TYPE_CHECKING:
    from rootbuild.build.checkpoint import LayerPolicy
    from rootbuild.image.config import Pairs

NETWORKS: tuple[NetworkMode, ...] = ("default", "none", "host")

# Options whose effect is on the way. Ignoring one would build something else than was asked for.
NOT_YET = ("squash",)
_OUTPUTS = ("annotation", "load", "metadata-file", "output", "push")


def build_options(parsed: Parsed) -> BuildOptions:
    """Read the command line. Raises UsageError, or UnsupportedError for what is on the way."""
    _refuse(parsed)
    allowed = read_allowed(parsed.all("allow"))
    arguments = build_args(parsed.all("build-arg"))
    return BuildOptions(
        context=main_origin(parsed.args[0]),
        dockerfile=parsed.text("file") or None,
        tags=_tags(parsed),
        build_args=with_proxies(arguments, config.proxies(config.read())),
        labels=_pairs(parsed.all("label")),
        target=parsed.text("target") or None,
        platforms=_platforms(parsed),
        no_cache=parsed.switch("no-cache"),
        no_cache_stages=_no_cache_stages(parsed),
        pull="always" if parsed.switch("pull") else "missing",
        layers=_layers(parsed),
        jobs=_jobs(parsed),
        explain=parsed.switch("explain"),
        network=_network(parsed.text("network")),
        hosts=tuple(_host(text) for text in parsed.all("add-host")),
        iidfile=Path(parsed.text("iidfile")) if parsed.text("iidfile") else None,
        allow=allowed.entitlements,
        secrets=tuple(read_secret(text) for text in parsed.all("secret")),
        contexts=read_contexts(parsed.all("build-context")),
        agents=read_agents(parsed.all("ssh")),
        devices=allowed.devices,
        limits=read_limits(parsed),
        security=read_security(parsed),
        wanted=_wanted(parsed),
        attest=_attestations(parsed),
        debugging=_debugging(parsed),
        cache_from=read_sources(parsed.all("cache-from")),
        cache_to=read_targets(parsed.all("cache-to"), arguments),
    )


def _debugging(parsed: Parsed) -> Debugging:
    if parsed.command.path[0] != "debug" and not parsed.has("on-error"):
        return NO_DEBUGGING
    from rootbuild.cli.debug import debugging

    return debugging(parsed)


def _attestations(parsed: Parsed) -> attestations.Wanted:
    if not any(parsed.has(name) for name in ("attest", "provenance", "sbom")):
        return attestations.NONE
    from rootbuild.cli.build_attest import read_attestations

    provenance, sbom = (
        parsed.text(name) if parsed.has(name) else None for name in ("provenance", "sbom")
    )
    return read_attestations(parsed.all("attest"), provenance, sbom)


def _wanted(parsed: Parsed) -> Wanted:
    if not any(parsed.has(name) for name in _OUTPUTS):
        return Wanted()
    from rootbuild.cli.build_outputs import read_outputs

    return read_outputs(parsed, indexed=len(_platforms(parsed)) > 1 or _attests(parsed))


def _attests(parsed: Parsed) -> bool:
    return _attestations(parsed) != attestations.NONE


def _refuse(parsed: Parsed) -> None:
    for name in NOT_YET:
        if parsed.has(name) and parsed.text(name) not in ("", "false"):
            raise UnsupportedError(
                f"the option --{name} is not supported yet",
                hint="leave it out; the CHANGELOG tells when it comes",
                exit_code=125,
            )
    builder = parsed.text("builder") or os.environ.get("BUILDX_BUILDER", "")
    if builder:
        from rootbuild.cli import builders

        builders.check(builder, builders.read())


def _tags(parsed: Parsed) -> tuple[str, ...]:
    for tag in parsed.all("tag"):
        try:
            found = parse_reference(tag)
        except UsageError as error:
            raise UsageError(
                f'invalid argument "{tag}" for "-t, --tag" flag: {error.report.message}'
            ) from error
        if found.digest:
            raise UsageError(f'invalid tag "{tag}": a tag cannot hold a digest')
    return parsed.all("tag")


def build_args(given: tuple[str, ...]) -> dict[str, str]:
    """`k=v`, or a bare `k` that takes its value from the environment, if it is there."""
    values = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not key:
            raise UsageError(f'invalid argument "{text}" for "--build-arg" flag: no name')
        if equals:
            values[key] = value
        elif key in os.environ:
            values[key] = os.environ[key]
    return _dated(values)


def with_proxies(values: dict[str, str], proxies: Mapping[str, str]) -> dict[str, str]:
    """With the proxies of Docker's configuration, but for those that are given anyway."""
    return {**{name: value for name, value in proxies.items() if name not in values}, **values}


def _dated(values: dict[str, str]) -> dict[str, str]:
    """With SOURCE_DATE_EPOCH out of the environment; an empty one, given or not, is none."""
    if SOURCE_DATE_EPOCH not in values and SOURCE_DATE_EPOCH in os.environ:
        values[SOURCE_DATE_EPOCH] = os.environ[SOURCE_DATE_EPOCH]
    if not values.get(SOURCE_DATE_EPOCH, "0"):
        del values[SOURCE_DATE_EPOCH]
    return values


def _no_cache_stages(parsed: Parsed) -> tuple[str, ...]:
    given = parsed.all("no-cache-filter")
    if given and parsed.switch("no-cache"):
        raise UsageError("--no-cache and --no-cache-filter cannot currently be used together")
    return tuple(name for text in given for name in text.split(",") if name)


def _pairs(given: tuple[str, ...]) -> Pairs:
    found = {}
    for text in given:
        key, _, value = text.partition("=")
        found[key] = value
    return tuple(found.items())


def _platforms(parsed: Parsed) -> tuple[Platform, ...]:
    given = ",".join(parsed.all("platform")) or os.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    if not given:
        return ()
    try:
        wanted = tuple(dict.fromkeys(_parsed_platform(text) for text in given.split(",")))
    except ValueError as error:
        raise UsageError(f'invalid argument "{given}" for "--platform" flag: {error}') from error
    if any(platform.os != "linux" for platform in wanted):
        raise UnsupportedError(f"--platform={given} is not supported: images are for Linux")
    return wanted


def _parsed_platform(text: str) -> Platform:
    return build_platform() if text.strip().lower() == "local" else parse_platform(text)


def _layers(parsed: Parsed) -> LayerPolicy:
    """Where dates are rewritten, layers must not depend on how long steps took."""
    text = parsed.text("layers")
    if text == "all" or (not text and _wanted(parsed).rewrite):
        return "all"
    if text in ("", "auto"):
        return "auto"
    raise UsageError(f'invalid argument "{text}" for "--layers" flag: one of auto, all')


def _jobs(parsed: Parsed) -> int:
    jobs = parsed.number("jobs", 0)
    if parsed.has("jobs") and jobs < 1:
        raise UsageError(f'invalid argument "{jobs}" for "--jobs" flag: at least 1')
    return jobs


def _network(text: str) -> NetworkMode:
    for mode in NETWORKS:
        if text == mode:
            return mode
    if not text:
        return "default"
    raise UsageError(
        f'invalid argument "{text}" for "--network" flag: invalid network mode "{text}"',
        hint="one of: " + ", ".join(NETWORKS),
    )


def _host(text: str) -> tuple[str, str]:
    """`name:address` or `name=address`; the address may hold colons and stand in brackets."""
    split = "=" if "=" in text else ":"
    name, _, address = text.partition(split)
    address = address.removeprefix("[").removesuffix("]")
    if address == HOST_GATEWAY:
        return name, address
    import ipaddress

    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise UsageError(f'invalid argument "{text}" for "--add-host" flag: {error}') from error
    return name, address

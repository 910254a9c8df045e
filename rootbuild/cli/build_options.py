"""The options of `image build`: from words to a BuildOptions; what cannot be served is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.backend import NetworkMode
from rootbuild.build.options import BuildOptions
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
from rootbuild.registry import config

if TYPE_CHECKING:
    from rootbuild.build.checkpoint import LayerPolicy
    from rootbuild.image.config import Pairs

PROGRESS = ("auto", "plain", "quiet")
NETWORKS: tuple[NetworkMode, ...] = ("default", "none", "host")

# Options whose effect is on the way. Ignoring one would build something else than was asked for.
NOT_YET = (
    "annotation",
    "attest",
    "metadata-file",
    "output",
    "push",
    "sbom",
    "squash",
)
# Values that ask for what happens anyway: the image goes into the store.
_AS_USUAL = {"output": ("", "type=docker", "type=image")}


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
        platform=_platform(parsed),
        no_cache=parsed.switch("no-cache"),
        no_cache_stages=_no_cache_stages(parsed),
        pull="always" if parsed.switch("pull") else "missing",
        layers=_layers(parsed.text("layers")),
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
        cache_from=read_sources(parsed.all("cache-from")),
        cache_to=read_targets(parsed.all("cache-to"), arguments),
    )


def reporter_name(parsed: Parsed) -> str:
    """Which progress output: `plain` or `quiet`."""
    wanted = parsed.text("progress") or os.environ.get("BUILDKIT_PROGRESS") or "auto"
    if parsed.switch("quiet"):
        return "quiet"
    if wanted in ("tty", "rawjson"):
        raise UnsupportedError(f"--progress={wanted} is not supported yet", hint="use plain")
    if wanted not in PROGRESS:
        raise UsageError(f"invalid progress mode {wanted}", hint="one of: " + ", ".join(PROGRESS))
    return "quiet" if wanted == "quiet" else "plain"


def _refuse(parsed: Parsed) -> None:
    for name in NOT_YET:
        if parsed.has(name) and parsed.text(name) not in _AS_USUAL.get(name, ("", "false")):
            raise UnsupportedError(
                f"the option --{name} is not supported yet",
                hint="leave it out; the CHANGELOG tells when it comes",
                exit_code=125,
            )


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


def _platform(parsed: Parsed) -> Platform | None:
    given = ",".join(parsed.all("platform")) or os.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    if not given:
        return None
    try:
        wanted = dict.fromkeys(_parsed_platform(text) for text in given.split(","))
    except ValueError as error:
        raise UsageError(f'invalid argument "{given}" for "--platform" flag: {error}') from error
    if len(wanted) > 1:
        raise UnsupportedError(
            "several platforms at once (--platform) are not supported yet",
            hint="build for one after the other, under different names",
        )
    platform = next(iter(wanted))
    if platform.os != "linux":
        raise UnsupportedError(f"--platform={given} is not supported: images are for Linux")
    return platform


def _parsed_platform(text: str) -> Platform:
    return build_platform() if text.strip().lower() == "local" else parse_platform(text)


def _layers(text: str) -> LayerPolicy:
    if text == "all":
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

"""`container run` and `container create`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rootbuild.cli.advice import choose_advised_runtime
from rootbuild.cli.parse import Parsed
from rootbuild.cli.terminal import need_terminal
from rootbuild.errors import RuntimeRefusedError, UsageError
from rootbuild.registry import config
from rootbuild.runtime import hosts, sources
from rootbuild.runtime import run as running
from rootbuild.runtime.networks import translate
from rootbuild.runtime.ports import parse as parse_port

OWN = (
    "add-host",
    "cidfile",
    "disable-content-trust",
    "gpus",
    "link",
    "name",
    "network",
    "platform",
    "publish",
    "pull",
    "quiet",
    "volume-driver",
)
PULL = ("always", "missing", "never")


def run(parsed: Parsed) -> int:
    """Run a container; in the foreground its exit code is ours."""
    detached = parsed.switch("detach")
    if not detached:
        need_terminal(parsed)
    wanted = request(parsed, detached=detached)
    return running.run(choose_advised_runtime(parsed), wanted)


def create(parsed: Parsed) -> int:
    """Make a container and print its id."""
    wanted = request(parsed, detached=True)
    return running.run(choose_advised_runtime(parsed), wanted)


def request(parsed: Parsed, *, detached: bool) -> running.Request:
    """The command line as the runtime takes it. Raises UsageError or RuntimeRefusedError."""
    pull = parsed.text("pull", "missing")
    if pull not in PULL:
        raise UsageError(
            f'invalid pull option: "{pull}": must be one of "always", "missing" or "never"'
        )
    for spec in parsed.all("publish"):
        parse_port(spec)
    _refuse(parsed)
    networks = tuple(translate(value) for value in parsed.all("network"))
    return running.Request(
        verb=parsed.command.path[-1],
        image=parsed.args[0],
        command=parsed.args[1:],
        options=(
            *_hosts(parsed.all("add-host"), networks),
            *_gpus(parsed.text("gpus")),
            *_proxies(parsed),
            *parsed.tokens(OWN),
        ),
        name=parsed.text("name"),
        networks=networks,
        publish=parsed.all("publish"),
        folders=sources.sources(parsed.all("volume")),
        init=parsed.switch("init"),
        cidfile=parsed.text("cidfile"),
        pull=pull,
        platform=parsed.text("platform") or os.environ.get("DOCKER_DEFAULT_PLATFORM", ""),
        quiet=parsed.switch("quiet"),
        detached=detached,
    )


def _refuse(parsed: Parsed) -> None:
    """Raise RuntimeRefusedError for what no engine here can do."""
    if parsed.has("link"):
        raise RuntimeRefusedError(
            "--link is not supported",
            id="not-supported",
            hint="containers on the same network find each other by name:\n"
            "rootbuild network create NET; then run both with --network NET",
        )
    driver = parsed.text("volume-driver", "local")
    if driver != "local":
        raise RuntimeRefusedError(
            f'error looking up volume plugin {driver}: plugin "{driver}" not found',
            id="no-such-driver",
            hint="volumes have the driver local here",
        )


def _hosts(specs: Sequence[str], networks: Sequence[str]) -> tuple[str, ...]:
    for spec in specs:
        try:
            hosts.parse(spec)
        except ValueError as error:
            raise UsageError(f'invalid argument "{spec}" for "--add-host" flag: {error}') from error
    return hosts.words(specs, networks)


def _gpus(request: str) -> tuple[str, ...]:
    if not request:
        return ()
    from rootbuild.cli.run_devices import gpu_words

    return gpu_words(request)


def _proxies(parsed: Parsed) -> tuple[str, ...]:
    """Variables for the proxies of Docker's configuration, but for those that are given anyway.

    They go by the environment, as a proxy's URL may hold a password.
    """
    given = {text.partition("=")[0] for text in parsed.all("env")}
    found = config.proxies(config.read())
    wanted = {name: value for name, value in found.items() if name not in given}
    os.environ.update(wanted)
    return tuple(f"--env={name}" for name in wanted)

"""`container run` and `container create`."""

from __future__ import annotations

import os

from rootbuild.cli.advice import choose_advised_runtime
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError
from rootbuild.registry import config
from rootbuild.runtime import run as running
from rootbuild.runtime.networks import translate
from rootbuild.runtime.ports import parse as parse_port

OWN = (
    "cidfile",
    "disable-content-trust",
    "name",
    "network",
    "platform",
    "publish",
    "pull",
    "quiet",
)
PULL = ("always", "missing", "never")


def run(parsed: Parsed) -> int:
    """Run a container; in the foreground its exit code is ours."""
    wanted = request(parsed, detached=parsed.switch("detach"))
    return running.run(choose_advised_runtime(parsed), wanted)


def create(parsed: Parsed) -> int:
    """Make a container and print its id."""
    wanted = request(parsed, detached=True)
    return running.run(choose_advised_runtime(parsed), wanted)


def request(parsed: Parsed, *, detached: bool) -> running.Request:
    """The command line as the runtime takes it. Raises UsageError."""
    pull = parsed.text("pull", "missing")
    if pull not in PULL:
        raise UsageError(
            f'invalid pull option: "{pull}": must be one of "always", "missing" or "never"'
        )
    for spec in parsed.all("publish"):
        parse_port(spec)
    return running.Request(
        verb=parsed.command.path[-1],
        image=parsed.args[0],
        command=parsed.args[1:],
        options=(*_proxies(parsed), *parsed.tokens(OWN)),
        name=parsed.text("name"),
        networks=tuple(translate(value) for value in parsed.all("network")),
        publish=parsed.all("publish"),
        cidfile=parsed.text("cidfile"),
        pull=pull,
        platform=parsed.text("platform") or os.environ.get("DOCKER_DEFAULT_PLATFORM", ""),
        quiet=parsed.switch("quiet"),
        detached=detached,
    )


def _proxies(parsed: Parsed) -> tuple[str, ...]:
    """Variables for the proxies of Docker's configuration, but for those that are given anyway.

    They go by the environment, as a proxy's URL may hold a password.
    """
    given = {text.partition("=")[0] for text in parsed.all("env")}
    found = config.proxies(config.read())
    wanted = {name: value for name, value in found.items() if name not in given}
    os.environ.update(wanted)
    return tuple(f"--env={name}" for name in wanted)

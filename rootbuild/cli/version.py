"""`version`: the numbers that clients of Docker look for."""

from __future__ import annotations

import os
import platform

from rootbuild import __version__
from rootbuild.cli import rows
from rootbuild.cli.identity import API_VERSION, DOCKER_VERSION, MIN_API_VERSION, architecture
from rootbuild.cli.parse import Parsed
from rootbuild.template import Record


def run(parsed: Parsed) -> int:
    """Print what client and server are; both are this program."""
    form = parsed.text("format")
    found = versions()
    return rows.write(rows.one(form, found) if form else _text(found))


def versions() -> Record:
    """As Docker's `version` has it. No engine is named, as some clients take that for another."""
    kernel = os.uname()
    shared = Record(
        GitCommit=f"rootbuild-{__version__}",
        GoVersion=f"python{platform.python_version()}",
        Os="linux",
        Arch=architecture(kernel.machine),
    )
    details = Record(ApiVersion=API_VERSION, MinAPIVersion=MIN_API_VERSION, **shared)
    engine = Record(Name="Engine", Version=DOCKER_VERSION, Details=details)
    client = Record(
        Platform=Record(Name="rootbuild"),
        Version=DOCKER_VERSION,
        ApiVersion=API_VERSION,
        DefaultAPIVersion=API_VERSION,
        **shared,
        BuildTime="",
        Context="default",
    )
    server = Record(
        Platform=Record(Name="rootbuild"),
        Components=[engine, Record(Name="rootbuild", Version=__version__, Details=Record(shared))],
        Version=DOCKER_VERSION,
        ApiVersion=API_VERSION,
        MinAPIVersion=MIN_API_VERSION,
        **shared,
        KernelVersion=kernel.release,
        BuildTime="",
    )
    return Record(Client=client, Server=server)


def _text(found: Record) -> str:
    form = (
        "Client: rootbuild {{(index .Server.Components 1).Version}}\n"
        " Version:           {{.Client.Version}}\n"
        " API version:       {{.Client.ApiVersion}}\n"
        " OS/Arch:           {{.Client.Os}}/{{.Client.Arch}}\n"
        " Context:           {{.Client.Context}}\n\n"
        "Server: rootbuild, without a daemon\n Engine:\n"
        "  Version:          {{.Server.Version}}\n"
        "  API version:      {{.Server.ApiVersion}} (minimum version {{.Server.MinAPIVersion}})\n"
        "  OS/Arch:          {{.Server.Os}}/{{.Server.Arch}}\n"
        "  Kernel version:   {{.Server.KernelVersion}}"
    )
    return rows.one(form, found)

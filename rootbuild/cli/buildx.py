"""`buildx version|ls|inspect|create|use|rm|stop`: builders, of which there is one."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone

from rootbuild import __version__
from rootbuild.cli import builders, rows
from rootbuild.cli.builders import DEFAULT
from rootbuild.cli.identity import BUILDKIT_VERSION, BUILDX_VERSION
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError
from rootbuild.image.platform import build_platform
from rootbuild.runtime.display import table
from rootbuild.template import Record

# Docker's own; clients that find another one do not take images from the store.
DRIVER = "docker"


def version(parsed: Parsed) -> int:
    """Print it in buildx's form."""
    return rows.write(f"github.com/docker/buildx {BUILDX_VERSION} rootbuild-{__version__}\n")


def ls(parsed: Parsed) -> int:
    """List all builders."""
    noted = builders.read()
    form = parsed.text("format")
    if form and not form.startswith("table"):
        found = (record(name, noted.current) for name in noted.names)
        return rows.write("".join(rows.line(form, builder) for builder in found))
    lines = [("NAME/NODE", "DRIVER/ENDPOINT", "STATUS", "BUILDKIT", "PLATFORMS")]
    platform = str(build_platform())
    for name in noted.names:
        mark = "*" if name == noted.current else ""
        lines.append((f"{name}{mark}", DRIVER, "", "", ""))
        lines.append((f" \\_ {name}", f" \\_ {DEFAULT}", "running", BUILDKIT_VERSION, platform))
    return rows.write(table(lines))


def inspect(parsed: Parsed) -> int:
    """Tell about one builder, by default the one in use."""
    noted = builders.read()
    name = parsed.args[0] if parsed.args else noted.current
    builders.check(name, noted)
    return rows.write(
        f"Name:          {name}\nDriver:        {DRIVER}\nLast Activity: {_now()}\n\n"
        f"Nodes:\nName:             {name}\nEndpoint:         {DEFAULT}\n"
        f"Status:           running\nBuildKit version: {BUILDKIT_VERSION}\n"
        f"Platforms:        {build_platform()}\n"
    )


def create(parsed: Parsed) -> int:
    """Note one more name. Raises UsageError for drivers that would be another builder."""
    driver = parsed.text("driver", DRIVER)
    if driver not in (DRIVER, "docker-container"):
        raise UsageError(
            f"failed to find driver {driver!r}",
            hint="builds go on here, without a daemon",
            exit_code=1,
        )
    name = parsed.text("name") or f"builder_{os.urandom(4).hex()}"
    noted = builders.read().with_name(name)
    builders.write(noted.using(name) if parsed.switch("use") else noted)
    return rows.write(f"{name}\n")


def use(parsed: Parsed) -> int:
    """Use a builder from now on."""
    name = parsed.args[0]
    noted = builders.read()
    builders.check(name, noted)
    builders.write(noted.using(name))
    return 0


def rm(parsed: Parsed) -> int:
    """Forget names; the default builder stays."""
    noted = builders.read()
    names = parsed.args or (noted.current,)
    if parsed.switch("all-inactive"):
        names = noted.names[1:]
    for name in names:
        if not parsed.switch("force"):
            builders.check(name, noted)
        if name == DEFAULT:
            raise UsageError("context builder cannot be removed, run `docker context rm default`"
                             " to remove this context", exit_code=1)  # fmt: skip
        builders.write(builders.read().without(name))
        sys.stderr.write(f"{name} removed\n")
    return 0


def stop(parsed: Parsed) -> int:
    """Nothing runs between builds, so all is stopped."""
    for name in parsed.args:
        builders.check(name, builders.read())
    return 0


def record(name: str, current: str) -> Record:
    """A builder as `ls` and its templates have it."""
    node = Record(
        Name=name,
        Endpoint=DEFAULT,
        Flags=[],
        Status="running",
        Version=BUILDKIT_VERSION,
        IDs=[],
        Platforms=[str(build_platform())],
        Labels={},
    )
    return Record(
        Current=name == current,
        Name=name,
        Driver=DRIVER,
        LastActivity=_now("T"),
        Dynamic=False,
        Nodes=[node],
    )


def _now(between: str = " ") -> str:
    at = datetime.now(timezone.utc).replace(microsecond=0)
    return at.isoformat(sep=between).replace("+00:00", "Z" if between == "T" else " +0000 UTC")

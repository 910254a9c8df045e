"""`volume create|ls|inspect|rm`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rootbuild.backend import Runtime
from rootbuild.cli import rows
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.runtime import volumes
from rootbuild.runtime.calls import ask
from rootbuild.runtime.listed import Headings
from rootbuild.runtime.objects import VOLUMES, Act, perform
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

_HEADERS = Headings(
    Availability="AVAILABILITY",
    Driver="DRIVER",
    Group="GROUP",
    Labels="LABELS",
    Links="LINKS",
    Mountpoint="MOUNTPOINT",
    Name="VOLUME NAME",
    Scope="SCOPE",
    Size="SIZE",
    Status="STATUS",
)


def create(parsed: Parsed) -> int:
    """Make a volume and print its name."""
    name = parsed.args[0] if parsed.args else ""
    return volumes.create(choose_runtime(), name, words(parsed))


def ls(parsed: Parsed) -> int:
    """List volumes."""
    told = words(parsed, ["format", "noheading", "quiet"])
    outcome = ask(choose_runtime(), (*told, "--format=json"))
    if outcome.status != 0:
        outcome.replay()
        return 1
    found = [volumes.row(document) for document in json.loads(outcome.answer or b"[]") or ()]
    found.sort(key=lambda row: str(row["Name"]))
    if parsed.switch("quiet"):
        return rows.write("".join(f"{row['Name']}\n" for row in found))
    headed = not parsed.switch("noheading")
    form = parsed.text("format")
    return rows.write(rows.many(form, found, _HEADERS, ("Driver", "Name"), headed=headed))


def inspect(parsed: Parsed) -> int:
    """Tell all about volumes; unknown ones do not keep us from the others."""
    runtime = choose_runtime()
    missing = VOLUMES.unknown(runtime, parsed.args)
    rows.write_all(
        parsed.text("format"),
        records(runtime, [name for name in parsed.args if name not in missing]),
    )
    if missing:
        raise VOLUMES.error(missing)
    return 0


def records(runtime: Runtime, names: Sequence[str]) -> list[Record]:
    """Volumes that are there, in Docker's form."""
    if not names:
        return []
    outcome = ask(runtime, ("volume", "inspect", *names))
    return [volumes.described(document) for document in json.loads(outcome.answer or b"[]")]


def rm(parsed: Parsed) -> int:
    """Remove volumes."""
    # The engine's own `--force` would remove the containers that use it.
    act = Act(words(parsed, ["force"]), parsed.args, forgiving=parsed.switch("force"))
    return min(perform(choose_runtime(), VOLUMES, act), 1)

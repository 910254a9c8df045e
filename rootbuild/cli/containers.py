"""`container ls`: the engine's containers in Docker's table, or by a template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone

from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.runtime import listed, selection
from rootbuild.runtime.calls import ask
from rootbuild.runtime.listed import Headings, Listed, completed_all
from rootbuild.runtimes import choose_runtime

_HEADERS = Headings(
    Command="COMMAND",
    CreatedAt="CREATED AT",
    ID="CONTAINER ID",
    Image="IMAGE",
    Labels="LABELS",
    LocalVolumes="LOCAL VOLUMES",
    Mounts="MOUNTS",
    Names="NAMES",
    Networks="NETWORKS",
    Ports="PORTS",
    RunningFor="CREATED",
    Size="SIZE",
    State="STATE",
    Status="STATUS",
)
_COLUMNS = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
# Fields that the engine's list does not have: they take a second question.
_DETAILS = ("json", ".LocalVolumes", ".Mounts", ".Networks")


def ls(parsed: Parsed) -> int:
    """List containers, the newest first."""
    runtime, form = choose_runtime(), parsed.text("format")
    wanted = selection.read(parsed.all("filter"))
    latest = 1 if parsed.switch("latest") else parsed.number("last", -1)
    everything = parsed.switch("all") or latest > 0 or wanted.everything
    words = (
        *(["--all"] if everything else []),
        *(["--size"] if parsed.switch("size") or ".Size" in form else []),
        *(f"--filter={text}" for text in wanted.engine),
    )
    outcome = ask(runtime, ("ps", "--no-trunc", "--format=json", *words))
    if outcome.status != 0:
        outcome.replay()
        return 1
    # The engine lists the oldest first.
    answer = reversed(json.loads(outcome.answer) or [])
    found = [listed.read(row, runtime.default_network) for row in answer]
    if wanted.detailed or any(name in form for name in _DETAILS):
        found = completed_all(runtime, found, exposed="expose" in wanted.ours)
    found = selection.left(wanted, found, images=runtime.images, networks=runtime.networks)
    return rows.write(_shown(parsed, found[:latest] if latest > 0 else found))


def _shown(parsed: Parsed, found: Sequence[Listed]) -> str:
    form, whole = parsed.text("format"), parsed.switch("no-trunc")
    now = datetime.now(timezone.utc)
    records = [listed.row(container, now, whole=whole) for container in found]
    if parsed.switch("quiet"):
        return "".join(f"{record['ID']}\n" for record in records)
    columns = (*_COLUMNS, "Size") if parsed.switch("size") else _COLUMNS
    return rows.many(form, records, _HEADERS, columns, headed=not parsed.switch("noheading"))

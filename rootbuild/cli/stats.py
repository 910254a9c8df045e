"""`stats`: what containers use, in Docker's form."""

from __future__ import annotations

import sys
import time

from rootbuild.backend import Runtime
from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.runtime.calls import ask
from rootbuild.runtime.objects import CONTAINERS
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

_HEADERS = {
    "Container": "CONTAINER",
    "ID": "CONTAINER ID",
    "Name": "NAME",
    "CPUPerc": "CPU %",
    "MemUsage": "MEM USAGE / LIMIT",
    "MemPerc": "MEM %",
    "NetIO": "NET I/O",
    "BlockIO": "BLOCK I/O",
    "PIDs": "PIDS",
}
_FIELDS = tuple(name for name in _HEADERS if name != "Container")
_FORM = "\t".join(f"{{{{.{name}}}}}" for name in _FIELDS)
_AGAIN_SECONDS = 1.0
_CLEAR = "\x1b[H\x1b[J"


def run(parsed: Parsed) -> int:
    """Print it once, or again and again."""
    runtime = choose_runtime()
    while True:
        found = _look(runtime, parsed)
        if found is None:
            return 1
        clear = "" if parsed.switch("no-stream") or not sys.stdout.isatty() else _CLEAR
        rows.write(clear + rows.many(parsed.text("format"), found, _HEADERS, _FIELDS))
        sys.stdout.flush()
        if parsed.switch("no-stream"):
            return 0
        time.sleep(_AGAIN_SECONDS)


def _look(runtime: Runtime, parsed: Parsed) -> list[Record] | None:
    """A record a container; None if the engine cannot say, which it has explained then."""
    options = parsed.tokens(["format", "no-stream"])
    words = ("stats", "--no-stream", f"--format={_FORM}", *options, *parsed.args)
    outcome = ask(runtime, words)
    if outcome.status != 0:
        unknown = CONTAINERS.unknown(runtime, parsed.args)
        if unknown:
            raise CONTAINERS.error(unknown)
        outcome.replay()
        return None
    found = []
    for line in outcome.answer.decode().splitlines():
        fields = dict(zip(_FIELDS, line.split("\t"), strict=False))
        found.append(Record(Container=fields.get("ID", ""), **fields))
    return found

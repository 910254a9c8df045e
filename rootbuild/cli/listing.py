"""`ps`, `network ls` and `volume ls`: ids and names alone are the engine's own.

So nothing is imported here that these do not need: scripts call them all the time.
"""

from __future__ import annotations

import sys

from rootbuild import process
from rootbuild.cli.engine import pass_on, words
from rootbuild.cli.identity import DOCKER
from rootbuild.cli.parse import Parsed
from rootbuild.runtimes import choose_runtime

# Filters of containers that the engine reads as Docker does.
_ALIKE = ("before", "exited", "health", "id", "label", "since", "volume")


def containers(parsed: Parsed) -> int:
    """List containers.

    Where we are not called docker, clients of podman read its JSON, and maps of labels.
    """
    form = parsed.text("format")
    if parsed.program != DOCKER and (form == "json" or "index .Labels" in form):
        return pass_on(parsed)
    if parsed.switch("quiet") and _alike(parsed):
        return _newest_first(parsed)
    from rootbuild.cli.containers import ls

    return ls(parsed)


def networks(parsed: Parsed) -> int:
    """List networks."""
    if parsed.switch("quiet") and not parsed.has("format"):
        return pass_on(parsed)
    from rootbuild.cli.network import ls

    return ls(parsed)


def volumes(parsed: Parsed) -> int:
    """List volumes."""
    if parsed.switch("quiet") and not parsed.has("format"):
        return pass_on(parsed)
    from rootbuild.cli.volume import ls

    return ls(parsed)


def _alike(parsed: Parsed) -> bool:
    return all(text.partition("=")[0] in _ALIKE for text in parsed.all("filter"))


def _newest_first(parsed: Parsed) -> int:
    """Ids of containers. The engine begins with the oldest."""
    runtime = choose_runtime()
    argv = runtime.command(words(parsed, ["format", "noheading", "size"]))
    found = process.look(argv, runtime.environment())
    sys.stdout.write("".join(reversed(found.stdout.decode().splitlines(keepends=True))))
    sys.stderr.write(found.stderr.decode("utf-8", "replace"))
    return min(found.status, 1)

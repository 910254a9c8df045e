"""`ps` and `network ls`: the engine's own, unless a template wants fields that only Docker has.

So nothing is imported here that the engine's own does not need: scripts call these all the time.
"""

from __future__ import annotations

from rootbuild.cli.engine import pass_on
from rootbuild.cli.identity import DOCKER
from rootbuild.cli.parse import Parsed


def containers(parsed: Parsed) -> int:
    """List containers.

    The engine has Docker's fields, but its JSON has others. `--format json` alone stays the
    engine's where we are not called docker, as clients of podman read it.
    """
    form = parsed.text("format")
    if "json" not in form or (form == "json" and parsed.program != DOCKER):
        return pass_on(parsed)
    from rootbuild.cli.containers import ls

    return ls(parsed)


def networks(parsed: Parsed) -> int:
    """List networks."""
    if not parsed.has("format"):
        return pass_on(parsed)
    from rootbuild.cli.network import ls

    return ls(parsed)

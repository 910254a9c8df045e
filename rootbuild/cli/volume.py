"""`volume inspect|rm`."""

from __future__ import annotations

from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.runtime.objects import VOLUMES, Act, perform
from rootbuild.runtimes import choose_runtime


def on_names(parsed: Parsed) -> int:
    """All arguments are volumes."""
    removing = parsed.command.path[-1] == "rm"
    # The engine's own `--force` would remove the containers that use it.
    verb = words(parsed, ["force"] if removing else [])
    act = Act(verb, parsed.args, forgiving=removing and parsed.switch("force"))
    return min(perform(choose_runtime(), VOLUMES, act), 1)

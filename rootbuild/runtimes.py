"""Engines that run containers: how they are found.

This is on the way of commands that are only passed on, so the contract is not loaded for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rootbuild import plugins

if TYPE_CHECKING:  # see above
    from rootbuild.backend import Runtime

RUNTIMES = "rootbuild.runtimes"


def load_runtimes() -> dict[str, Runtime]:
    """All registered runtimes by name. A plugin that does not load is an error, not skipped."""
    found = cast("dict[str, type[Runtime]]", plugins.load(RUNTIMES))
    return {name: engine() for name, engine in found.items()}


def choose_runtime() -> Runtime:
    """The first runtime that works here. Raises HostError."""
    found = [engine for _, engine in sorted(load_runtimes().items())]
    for engine in found:
        if engine.check() is None:
            return engine
    from rootbuild.backend import first_usable

    return first_usable(found)

"""What the user orders about the ways to go on this host, and handing it to an engine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from rootbuild.backend import Backend, Runtime
from rootbuild.cli.parse import Parsed
from rootbuild.host.folders import cache_folder
from rootbuild.host.settings import KEYS, Settings, read
from rootbuild.runtimes import choose_runtime

# Docker's own values of --isolation that mean "as usual".
_NO_ISOLATION = ("default",)


def settings(parsed: Parsed) -> Settings:
    """The orders of the command line, the environment and files. Raises HostError."""
    options = {key: parsed.text(key) for key in KEYS if parsed.command.flag(key) is not None}
    if options.get("isolation") in _NO_ISOLATION:
        options["isolation"] = ""
    orders = read(options)
    allowed = orders.get("cache-limit")
    if allowed is not None:
        from rootbuild.build.kept.limit import limit

        limit(allowed.value, allowed.source, cache_folder())  # to be told before it is needed
    return orders


def advise(
    engine: Backend | Runtime,
    orders: Settings,
    *,
    verbose: bool = False,
    fresh: bool = False,
    passed: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Have an engine ask what is ordered, and what worked here before (unless it is `fresh`).

    `passed` gives the reasons why others were not taken, to be told.
    """
    from rootbuild.host.remembered import Memory, Remembered

    told = verbose or bool(os.environ.get("ROOTBUILD_DEBUG"))
    tell = _tell if told else _tell_nobody
    if told:
        order = orders.get("engine")
        why = [f"ordered by {order.source}"] if order else ["the first that works here", *passed()]
        tell(f"engine: {engine.name} ({'; '.join(why)})")
    memory = Memory(cache_folder(), engine.name)
    if fresh:
        memory.keep({})
    engine.advise(Remembered(memory, orders, tell))


def choose_advised_runtime(parsed: Parsed) -> Runtime:
    """The engine that makes containers, told what is ordered."""
    runtime = choose_runtime()
    orders = settings(parsed)
    if orders.orders:
        advise(runtime, orders)
    return runtime


def _tell_nobody(line: str) -> None:
    """Not asked to say anything."""


def _tell(line: str) -> None:
    sys.stderr.write(f"==> {line}\n")
    sys.stderr.flush()

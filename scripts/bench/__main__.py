"""Compare rootbuild with the tools that it wraps, and with BuildKit where its daemon can be had.

    python -m scripts.bench [--runs N] [--scenario NAME]... [--tool NAME]... [--growth]

Runs as the unprivileged user. Each tool has a store of its own with the base images in it; the
tools take turns on the same context. Times are whole processes; what counts are the ratios, as
machines differ.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.bench.growth import curves
from scripts.bench.measure import Times, run
from scripts.bench.report import OURS, Growth, Row, growth_table, plot, table
from scripts.bench.scenarios import LONG_RUNS, SCENARIOS, Kind, Scenario
from scripts.bench.tools import Tool, save_bases, tools

TOOLS = ("rootbuild", "buildah", "podman", "BuildKit")
PLACE = Path("/var/tmp")  # on a disk, unlike /tmp on some machines


def main() -> None:
    """Measure and print; with --write also keep tables and picture in files."""
    options = _options()
    chosen = [one for one in SCENARIOS if not options.scenario or one.name in options.scenario]
    rows: list[Row] = []
    growth: list[Growth] = []
    with tempfile.TemporaryDirectory(prefix="rootbuild-bench-", dir=PLACE) as name:
        folder = Path(name)
        found = tools(folder, options.tool or ())
        try:
            _fill_stores(found, chosen, folder)
            for scenario in chosen:
                rows += _measure(scenario, found, folder, options.runs)
                _say(table(rows[-len(scenario.kinds) :]))
            if options.growth:
                ours = next(tool for tool in found if tool.name == OURS)
                growth += curves(ours, folder)
            help_time = _help_time(options.runs)
        finally:
            for tool in found:
                tool.remove()
    text = _text(rows, growth, help_time, options.runs)
    print(text)
    if options.write:
        options.write.write_text(text)
        options.write.with_suffix(".svg").write_text(plot(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bench", description=(__doc__ or "").splitlines()[0]
    )
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--runs", type=int, default=5, help="of each kind; long ones run 3 times")
    parser.add_argument("--scenario", action="append", choices=names, help="may be repeated")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="may be repeated")
    parser.add_argument("--growth", action="store_true", help="also how costs grow with size")
    parser.add_argument("--write", type=Path, help="a Markdown file; a picture is put beside it")
    return parser.parse_args()


def _fill_stores(found: Sequence[Tool], chosen: Sequence[Scenario], folder: Path) -> None:
    images = list(dict.fromkeys(image for scenario in chosen for image in scenario.images))
    for archive in save_bases(images, folder):
        for tool in found:
            tool.load(archive)
        archive.unlink()


def _measure(scenario: Scenario, found: Sequence[Tool], folder: Path, runs: int) -> list[Row]:
    runs = min(runs, LONG_RUNS) if scenario.long else runs
    with tempfile.TemporaryDirectory(dir=folder) as name:
        context = Path(name)
        scenario.fill(context)
        rows = [_row(scenario, kind, found, context, runs) for kind in scenario.kinds]
    for tool in found:
        tool.forget()
    return rows


def _row(scenario: Scenario, kind: Kind, found: Sequence[Tool], context: Path, runs: int) -> Row:
    """The tools in turn, A B C A B C ..., after one round that does not count."""
    taken: dict[str, list[float]] = {tool.name: [] for tool in found}
    memory: dict[str, int] = {tool.name: 0 for tool in found}
    for turn in range(runs + 1):
        if kind == "one changed" and scenario.change is not None and turn:
            scenario.change(context)
        for tool in found:
            if kind == "cold":
                tool.forget()
            seconds, most = run(tool.build(context), tool.env, memory=tool.name == OURS)
            if turn:
                taken[tool.name].append(seconds)
                memory[tool.name] = max(memory[tool.name], most)
    _say(f"{scenario.name}, {kind}: done")
    times = {name: Times(tuple(found), memory[name]) for name, found in taken.items()}
    return Row(scenario.name, kind, times)


def _help_time(runs: int) -> Times:
    command = (sys.executable, "-m", "rootbuild", "--help")
    return Times(tuple(run(command, os.environ)[0] for _ in range(runs + 1))[1:])


def _text(rows: Sequence[Row], growth: Sequence[Growth], help_time: Times, runs: int) -> str:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    versions = [_version("buildah", "--version"), _version("podman", "--version")]
    parts = [
        "# Benchmarks",
        f"Made by `make bench` on {today}: medians (and spread) of {runs} runs, {LONG_RUNS} of the "
        "long ones, in seconds, of whole processes. Each tool has a store of its own; they take "
        "turns on the same context. `of buildah` is rootbuild's time divided by buildah's: less "
        f"than 1 is faster. {os.cpu_count()} CPUs, Linux {platform.release()}, Python "
        f"{platform.python_version()}, {', '.join(versions)}.",
        "![seconds per scenario and tool](benchmarks.svg)",
        table(rows),
        f"`rootbuild --help`: {help_time.median:.3f} s.",
    ]
    if growth:
        parts += ["## Growth", growth_table(growth)]
    return "\n\n".join(parts) + "\n"


def _version(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()[:3])


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()

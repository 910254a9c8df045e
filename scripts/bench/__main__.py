"""Compare rootbuild with the tools that it wraps, and with BuildKit where its daemon can be had.

    python -m scripts.bench [--quick] [--scenario NAME]... [--tool NAME]... [--no-growth]

Runs as the unprivileged user. Each tool has a store of its own with the base images in it; the
tools take turns on the same context. Times are whole processes; what counts are the ratios, as
machines differ.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.floor import floor
from scripts.bench.growth import curves
from scripts.bench.measure import Times, run
from scripts.bench.report import OURS, Growth, Row, growth_table, plot, table
from scripts.bench.scenarios import SCENARIOS, Kind, Scenario
from scripts.bench.tools import DOCKERD, Tool, save_bases, tools

TOOLS = ("rootbuild", "buildah", "podman", "BuildKit")
QUICK_TOOLS = ("rootbuild", "buildah", "BuildKit")
PLACE = Path("/var/tmp")  # on a disk, unlike /tmp on some machines


@dataclass(frozen=True, slots=True)
class Runs:
    """How often each build is timed, and how often a long one."""

    usual: int
    long: int

    def of(self, scenario: Scenario) -> int:
        """How often those of a scenario are."""
        return self.long if scenario.long else self.usual


FULL, QUICK = Runs(5, 3), Runs(5, 1)


def main() -> None:
    """Measure and print; with --write also keep tables and picture in files."""
    options = _options()
    runs = QUICK if options.quick else FULL
    if options.runs:
        runs = Runs(options.runs, min(options.runs, runs.long))
    wanted = options.tool or (QUICK_TOOLS if options.quick else TOOLS)
    chosen = [one for one in SCENARIOS if not options.scenario or one.name in options.scenario]
    rows: list[Row] = []
    growth: list[Growth] = []
    with tempfile.TemporaryDirectory(prefix="rootbuild-bench-", dir=PLACE) as name:
        folder = Path(name)
        found = tools(folder, wanted)
        try:
            _fill_stores(found, chosen, folder)
            for scenario in chosen:
                rows += _measure(scenario, found, folder, runs)
                _say(table(rows[-len(scenario.kinds) :]))
            ours = next((tool for tool in found if tool.name == OURS), None)
            if ours is not None and not options.no_growth:
                growth += curves(ours, folder)
            help_time = _help_time(runs.usual)
        finally:
            for tool in found:
                tool.remove()
    text = _text(rows, growth, help_time, runs)
    print(text)
    if options.write:
        options.write.write_text(text)
        options.write.with_suffix(".svg").write_text(plot(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bench", description=(__doc__ or "").splitlines()[0]
    )
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument(
        "--quick", action="store_true", help="long ones once, without podman: some 20 minutes"
    )
    parser.add_argument(
        "--runs", type=int, help=f"of each kind ({FULL.usual}, {FULL.long} if long)"
    )
    parser.add_argument("--scenario", action="append", choices=names, help="may be repeated")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="may be repeated")
    parser.add_argument("--no-growth", action="store_true", help="not how costs grow with size")
    parser.add_argument("--write", type=Path, help="a Markdown file; a picture is put beside it")
    return parser.parse_args()


def _fill_stores(found: Sequence[Tool], chosen: Sequence[Scenario], folder: Path) -> None:
    images = list(dict.fromkeys(image for scenario in chosen for image in scenario.images))
    for archive in save_bases(images, folder):
        for tool in found:
            tool.load(archive)
        archive.unlink()


def _measure(scenario: Scenario, found: Sequence[Tool], folder: Path, runs: Runs) -> list[Row]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        context = Path(name)
        scenario.fill(context)
        rows = [_row(scenario, kind, found, context, runs.of(scenario)) for kind in scenario.kinds]
    for tool in found:
        tool.forget()
    return rows


def _row(scenario: Scenario, kind: Kind, found: Sequence[Tool], context: Path, runs: int) -> Row:
    """The tools in turn, A B C A B C ..., after one round in which only memory is looked at.

    Looking takes time, which is not to be put down to the tool.
    """
    taken: dict[str, list[float]] = {tool.name: [] for tool in found}
    memory: dict[str, int] = {tool.name: 0 for tool in found}
    lowest: list[float] = []
    for turn in range(runs + 1):
        if kind == "one changed" and scenario.change is not None and turn:
            scenario.change(context)
        for tool in found:
            if kind == "cold":
                tool.forget()
            looked_at = tool.name == OURS and turn == 0
            seconds, most = run(tool.build(context), tool.env, memory=looked_at)
            if turn:
                taken[tool.name].append(seconds)
            elif looked_at:
                memory[tool.name] = most
        buildah = next((tool for tool in found if tool.name == "buildah"), None)
        if turn and kind == "cold" and scenario.floor is not None and buildah is not None:
            lowest.append(floor(scenario, buildah, context))
    _say(f"{scenario.name}, {kind}: done")
    times = {name: Times(tuple(seconds), memory[name]) for name, seconds in taken.items()}
    return Row(scenario.name, kind, times, Times(tuple(lowest)) if lowest else None)


def _help_time(runs: int) -> Times:
    command = (sys.executable, "-m", "rootbuild", "--help")
    return Times(tuple(run(command, os.environ)[0] for _ in range(runs + 1))[1:])


def _text(rows: Sequence[Row], growth: Sequence[Growth], help_time: Times, runs: Runs) -> str:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    versions = [_version(*command) for command in _VERSIONS if shutil.which(command[0])]
    parts = [
        "# Benchmarks",
        f"Made by `make bench` on {today}: medians (and spread) of {runs.usual} runs, {runs.long} "
        "of the long ones, in seconds, of whole processes. Each tool has a store of its own; they "
        "take turns on the same context. `of buildah` is rootbuild's time divided by buildah's: "
        "less than 1 is faster. Cold is without a cache of builds; what rootbuild has found out "
        f"about the host stays, as BuildKit's daemon does. The machine: {_machine()}. "
        f"{', '.join(versions)}.",
        "`floor` is what no builder on the engine's store can do without, in the same run: for "
        "what is copied, `cp -a` into a mounted container and one `buildah commit`; for steps, the "
        "command itself, in no container at all.",
        "![seconds per scenario and tool](benchmarks.svg)",
        table(rows),
        f"`rootbuild --help`: {help_time.median:.3f} s.",
    ]
    if growth:
        parts += ["## Growth", growth_table(growth)]
    return "\n\n".join(parts) + "\n"


_VERSIONS = (
    ("buildah", "--version"),
    ("podman", "--version"),
    ("crun", "--version"),
    (DOCKERD, "--version"),
)


def _version(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()[:3]).rstrip(",")


def _machine() -> str:
    """Processors, memory, kernel, filesystem and Python."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    disk = _version("stat", "--file-system", "--format=%T", str(PLACE))
    return (
        f"{os.cpu_count()} CPUs{f' ({model[1]})' if model else ''}, {memory / 1e9:.0f} GB, {disk}, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()

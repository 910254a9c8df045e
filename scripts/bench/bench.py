"""Compare rootbuild with the tools that it wraps: same contexts, alternating, in one run.

    python scripts/bench/bench.py [--runs N] [--scenario NAME]... [--tool NAME]... [--write FILE]

Runs as the unprivileged user, on that user's store, with the base image `diamol/base` present.
Times are whole processes, in seconds; what counts are the ratios, as machines differ.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BASE = "docker.io/diamol/base"


@dataclass(frozen=True)
class Tool:
    """A builder: how it builds a context without any cache, and with what it has cached."""

    name: str
    cold: Callable[[Path, str], Sequence[str]]
    warm: Callable[[Path, str], Sequence[str]]


def _rootbuild(*extra: str) -> Callable[[Path, str], Sequence[str]]:
    program = [sys.executable, "-m", "rootbuild", "image", "build"]
    return lambda context, tag: [*program, *extra, "-t", tag, str(context)]


def _wrapped(*program: str) -> Callable[[Path, str], Sequence[str]]:
    return lambda context, tag: [*program, "-t", tag, str(context)]


TOOLS = (
    Tool("rootbuild", _rootbuild("--no-cache"), _rootbuild()),
    Tool(
        "buildah",
        _wrapped("buildah", "build", "--layers", "--no-cache", "--pull-never"),
        _wrapped("buildah", "build", "--layers", "--pull-never"),
    ),
    Tool(
        "podman",
        _wrapped("podman", "build", "--layers", "--no-cache", "--pull=never"),
        _wrapped("podman", "build", "--layers", "--pull=never"),
    ),
)

FIVE = f"""\
FROM {BASE}
ENV GREETING=hello
RUN echo $GREETING > /greeting.txt
COPY file.txt /file.txt
CMD cat /greeting.txt
"""

CHAINED = f"""\
FROM {BASE} AS build-stage
RUN echo 'Building...' > /build.txt

FROM {BASE} AS test-stage
COPY --from=build-stage /build.txt /build.txt
RUN echo 'Testing...' >> /build.txt

FROM {BASE}
COPY --from=test-stage /build.txt /build.txt
CMD cat /build.txt
"""

TWENTY = f"FROM {BASE}\n" + "".join(f"RUN echo {n} > /file{n}\n" for n in range(20))

SCENARIOS = {
    "five-instructions": FIVE,
    "three-stages": CHAINED,
    "twenty-runs": TWENTY,
}


@dataclass(frozen=True)
class Row:
    """The times of one tool in one scenario, seconds."""

    scenario: str
    kind: str
    tool: str
    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.times)


def measure(scenario: str, kind: str, tools: Sequence[Tool], runs: int) -> list[Row]:
    """Run the tools in turn, A B C A B C ..., after one round that does not count."""
    times: dict[str, list[float]] = {tool.name: [] for tool in tools}
    with tempfile.TemporaryDirectory(prefix="rootbuild-bench-") as folder:
        context = Path(folder)
        (context / "Dockerfile").write_text(SCENARIOS[scenario])
        (context / "file.txt").write_text("content\n")
        for turn in range(runs + 1):
            for tool in tools:
                make = tool.cold if kind == "cold" else tool.warm
                taken = _timed(make(context, f"rootbuild-bench-{tool.name}"))
                if turn:
                    times[tool.name].append(taken)
    return [Row(scenario, kind, name, tuple(found)) for name, found in times.items()]


def _timed(command: Sequence[str]) -> float:
    started = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    taken = time.monotonic() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
    return taken


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, with each tool's ratio to rootbuild turned around."""
    lines = [
        "| scenario | tool | median s | min-max s | rootbuild takes |",
        "|---|---|---|---|---|",
    ]
    ours = {(row.scenario, row.kind): row.median for row in rows if row.tool == "rootbuild"}
    for row in rows:
        spread = f"{min(row.times):.2f}-{max(row.times):.2f}"
        mine = ours.get((row.scenario, row.kind))
        ratio = "" if mine is None or row.tool == "rootbuild" else f"{mine / row.median:.2f} of it"
        lines.append(
            f"| {row.scenario}, {row.kind} | {row.tool} | {row.median:.2f} | {spread} | {ratio} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print; with --write also keep the table in a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS))
    parser.add_argument("--tool", action="append", choices=[tool.name for tool in TOOLS])
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    tools = [tool for tool in TOOLS if not options.tool or tool.name in options.tool]
    rows: list[Row] = []
    for scenario in options.scenario or SCENARIOS:
        for kind in ("cold", "nothing to do"):
            rows += measure(scenario, kind, tools, options.runs)
            print(f"{scenario}, {kind}: done", file=sys.stderr)
    _remove_images(tools)
    text = table(rows)
    print(text)
    if options.write:
        head = f"# Benchmarks\n\nMedians of {options.runs} runs, {os.cpu_count()} CPUs.\n\n"
        options.write.write_text(head + text + "\n")


def _remove_images(tools: Sequence[Tool]) -> None:
    for tool in tools:
        for registry in ("docker.io/library", "localhost"):
            name = f"{registry}/rootbuild-bench-{tool.name}"
            subprocess.run(["buildah", "rmi", name], capture_output=True, check=False)


if __name__ == "__main__":
    main()

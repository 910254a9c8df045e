"""The program as tests run it: a real process, with caches and records of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"$ {' '.join(self.argv)}\nexit code {self.status}\n{self.stdout}\n{self.stderr}"


@dataclass(frozen=True, slots=True)
class Rootbuild:
    """Runs the program as a user would; `state` is where it keeps what it remembers."""

    state: Path
    program: tuple[str, ...] = (sys.executable, "-m", "rootbuild")

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of the process: ours, with caches and records of its own."""
        folders = {
            "XDG_CACHE_HOME": str(self.state / "cache"),
            "XDG_STATE_HOME": str(self.state / "state"),
        }
        return {**os.environ, **folders, **(extra or {})}

    def __call__(
        self,
        *arguments: str,
        cwd: Path | None = None,
        input: str | None = None,
        stdin: IO[bytes] | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout: float = 300,
    ) -> Result:
        """Run `rootbuild ARGUMENTS`; with `check`, an exit code other than 0 fails the test."""
        argv = (*self.program, *arguments)
        finished = subprocess.run(
            argv,
            cwd=cwd,
            env=self.environment(env),
            capture_output=True,
            timeout=timeout,
            check=False,
            text=True,
            errors="replace",
            **({"input": input} if input is not None else {"stdin": stdin or subprocess.DEVNULL}),
        )
        result = Result(argv, finished.returncode, finished.stdout, finished.stderr)
        if check and result.status != 0:
            pytest.fail(str(result))
        return result


def lines(*argv: str) -> list[str]:
    """What an engine prints, line by line."""
    output = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in output.splitlines() if line.strip()]

"""Standard streams that are closed or full."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

import pytest

PROGRAM = (sys.executable, "-m", "rootbuild")


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed(closed: int) -> None:
    """As if it was /dev/null."""
    done = subprocess.run(
        (*PROGRAM, "--help"),
        preexec_fn=partial(os.close, closed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("Usage:" in done.stdout) == (closed != 1)


@pytest.mark.parametrize("words", [("--help",), ("build", "--help"), ("history", "ls")])
def test_standard_output_is_full(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            (*PROGRAM, *words), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        "ERROR: cannot write to standard output: no space left on device\n[output]\n"
    )


def test_an_error_and_both_are_full() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run((*PROGRAM, "build", "--nope"), stdout=full, stderr=full, check=False)
    assert done.returncode == 125

"""Turning into another program."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NoReturn

from rootbuild.process.programs import announce, path


def become(argv: Sequence[str], env: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process with a program, on our streams."""
    announce(argv)
    os.execve(path(argv[0]), list(argv), {**os.environ, **(env or {})})

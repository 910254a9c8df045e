"""Doing something in a process of its own, forked off, that is gone before we go on."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable

from rootbuild.process.joined import end_with_parent
from rootbuild.process.spawned import ENDING, heard

_BUG = 3


def apart(work: Callable[[], int], stdin: int | None = None) -> int:
    """Have a fork of ours do some work, and give its exit code, which `work` returns.

    It has our streams, but for standard input if a descriptor is given. Our signals are handed on
    to it. Call it while there is only one thread.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    child = os.fork()
    if child == 0:
        status = _BUG
        try:
            end_with_parent()
            if stdin is not None:
                os.dup2(stdin, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            status = work()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
    with heard(ENDING, functools.partial(os.kill, child)):
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return 128 - code if code < 0 else code

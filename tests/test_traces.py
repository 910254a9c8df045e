"""The fixture that looks for left-overs does see them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.program import lines
from tests.traces import Traces

pytestmark = pytest.mark.engine


@pytest.fixture
def later() -> Iterator[ExitStack]:
    """What is to be cleaned up after the test."""
    with ExitStack() as stack:
        yield stack


def test_each_kind_of_trace_is_seen(unique: Callable[..., str], later: ExitStack) -> None:
    before = Traces.now()
    assert Traces.now().new_since(before) == []
    base = "docker.io/diamol/base"
    network, name = unique("net"), unique("ctr")
    lines("podman", "network", "create", network)
    lines("podman", "run", "-d", "--network", "none", "--name", name, base, "sleep", "60")
    working = lines("buildah", "from", "--pull-never", base)[0]
    later.callback(lines, "buildah", "rm", working)
    process = subprocess.Popen(["sleep", "60"])
    later.callback(process.wait)
    later.callback(process.kill)
    left = Traces.now().new_since(before)
    kinds = {one.partition(":")[0] for one in left}
    assert kinds == {"working container", "container", "network", "mount", "process"}, left
    assert any(one.endswith("sleep 60") for one in left if one.startswith("process"))

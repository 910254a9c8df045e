"""Names of builders, noted for this user."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.cli import builders
from rootbuild.cli.builders import Builders
from rootbuild.errors import HostError


def test_what_was_noted_is_found(tmp_path: Path) -> None:
    file = tmp_path / "state" / "builders.json"
    builders.write(Builders().with_name("x").using("x"), file)
    assert builders.read(file) == Builders(("default", "x"), "x")


def test_a_folder_that_cannot_be_made() -> None:
    with pytest.raises(HostError, match="cannot note builders in /proc/state") as caught:
        builders.write(Builders(), Path("/proc/state/b.json"))
    assert caught.value.id == "state-folder"

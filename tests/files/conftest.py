"""A source tree, a target root filesystem, and a copy between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rootbuild.files.copy import CopyOptions, copy
from rootbuild.files.layover import Layover
from rootbuild.files.mode import parse_chmod
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

ME = Owner(os.geteuid(), os.getegid())

Copy = Callable[..., None]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "target"
    path.mkdir()
    return path


@pytest.fixture
def cp(source: Path, target: Path) -> Copy:
    """`cp("a", "b", "/dest/")`: sources, then the destination. All is owned by who runs the test,
    as others may not give files away."""

    def run(
        *words: str,
        workdir: str = "/",
        chmod: str = "",
        several: bool = False,
        parents: bool = False,
        excludes: Sequence[str] = (),
        link: bool = False,
    ) -> None:
        sources: Sequence[str] = words[:-1]
        mode = parse_chmod(chmod) if chmod else None
        with Rootfs(source) as tree, Rootfs(target) as rootfs:
            selection = select(RootfsTree(tree), sources, parents=parents, excludes=excludes)
            options = CopyOptions(owner=ME, mode=mode, several=several)
            over = Layover(rootfs) if link else None
            copy(selection, rootfs, words[-1], workdir, options, over)

    return run

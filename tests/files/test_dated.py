"""SOURCE_DATE_EPOCH in a root filesystem."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.files.attributes import CopyOptions
from rootbuild.files.copy import copy
from rootbuild.files.dated import dated
from rootbuild.files.inline import InlineFile, write_inline
from rootbuild.files.layover import Layover
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import NewDirectory, Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

ME = Owner(os.geteuid(), os.getegid())
OLD, EPOCH = 1_000_000_000, 1_234_567_890
OPTIONS = CopyOptions(owner=ME, created=EPOCH)


def dates(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root)): path.lstat().st_mtime_ns // 10**9
        for path in sorted([root, *root.rglob("*")])
    }


@pytest.fixture(autouse=True)
def _files(source: Path, target: Path) -> None:
    (source / "dir" / "sub").mkdir(parents=True)
    (source / "dir" / "sub" / "file").write_text("f")
    (source / "dir" / "link").symlink_to("nowhere")
    os.mkfifo(source / "dir" / "fifo")
    (target / "etc" / "sub").mkdir(parents=True)
    (target / "lnk").symlink_to("etc")
    for path in sorted([target, *target.rglob("*")]):
        os.utime(path, (OLD, OLD), follow_symlinks=False)


def run(source: Path, target: Path, destination: str, *, link: bool = False) -> None:
    with (
        Rootfs(source) as tree,
        Rootfs(target) as rootfs,
        dated(rootfs, destination, EPOCH, linked=link),
    ):
        over = Layover(rootfs) if link else None
        copy(select(RootfsTree(tree), ["dir"]), rootfs, destination, "/", OPTIONS, over)


def test_what_is_made_bears_the_date(source: Path, target: Path) -> None:
    run(source, target, "/etc/new/deep")
    copied = ("fifo", "link", "sub", "sub/file")
    assert dates(target) == {
        **dict.fromkeys((".", "etc", "etc/sub", "lnk"), OLD),
        **dict.fromkeys(("etc/new", "etc/new/deep"), EPOCH),
        **{f"etc/new/deep/{name}": EPOCH for name in copied},
    }


def test_directories_that_are_merged_get_it_and_those_above_keep_their_own(
    source: Path, target: Path
) -> None:
    run(source, target, "/lnk")
    assert dates(target) == {
        **dict.fromkeys((".", "etc", "lnk"), OLD),
        **dict.fromkeys(("etc/fifo", "etc/link", "etc/sub", "etc/sub/file"), EPOCH),
    }


def test_a_linked_copy_makes_the_directories_on_the_way(source: Path, target: Path) -> None:
    run(source, target, "/etc/other", link=True)
    found = dates(target)
    assert (found["."], found["lnk"], found["etc/sub"]) == (OLD, OLD, OLD)
    assert (found["etc"], found["etc/other"], found["etc/other/sub"]) == (EPOCH, EPOCH, EPOCH)


def test_inline_files_and_single_directories(target: Path) -> None:
    with Rootfs(target) as rootfs:
        with dated(rootfs, "/etc/a/b", EPOCH):
            write_inline([InlineFile("b", b"x")], rootfs, "/etc/a/b", "/", OPTIONS)
        with dated(rootfs, "/w/x", EPOCH):
            rootfs.make_directories("/w/x", NewDirectory(ME))
    found = dates(target)
    assert {found[name] for name in ("etc/a", "etc/a/b", "w", "w/x")} == {EPOCH}
    assert found["."] == found["etc"] == OLD


def test_no_date_changes_nothing(target: Path) -> None:
    with Rootfs(target) as rootfs, dated(rootfs, "/etc/a", None):
        rootfs.make_directories("/etc/a", NewDirectory(ME))
    assert dates(target)["etc"] > EPOCH

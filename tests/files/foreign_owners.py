"""Run as root of a user namespace: copies files of several owners and checks the result."""

import os
import sys
from pathlib import Path

import pytest

from rootbuild.errors import BuildError, HostError
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.copy import copy
from rootbuild.files.directories import make_workdir
from rootbuild.files.inline import InlineFile, write_inline
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

# cap_net_bind_service=ep, revision 2, as `setcap` writes it
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")


def owners(path: Path) -> dict[str, tuple[int, int]]:
    """All owners below a directory, that of the directory itself under its name."""
    found = {}
    for entry in [path, *path.rglob("*")]:
        status = entry.lstat()
        found[str(entry.relative_to(path.parent))] = (status.st_uid, status.st_gid)
    return found


def prepare(base: Path) -> None:
    source = base / "source"
    (source / "dir" / "sub").mkdir(parents=True)
    (source / "dir" / "file").write_text("x")
    (source / "dir" / "link").symlink_to("file")
    (source / "dir" / "sub" / "tool").write_text("x")
    os.chown(source / "dir", 100, 200)
    os.chown(source / "dir" / "sub", 101, 201)
    os.chown(source / "dir" / "file", 102, 202)
    os.chown(source / "dir" / "link", 103, 203, follow_symlinks=False)
    (source / "dir" / "file").chmod(0o6755)
    os.setxattr(source / "dir" / "sub" / "tool", "security.capability", CAPABILITY)
    (base / "target").mkdir()


def run(base: Path, destination: str, options: CopyOptions) -> None:
    with Rootfs(base / "source") as tree, Rootfs(base / "target") as rootfs:
        copy(select(RootfsTree(tree), ["dir"]), rootfs, destination, "/", options)


def check_owners(base: Path) -> None:
    run(base, "/kept", CopyOptions(keep_owner=True))
    run(base, "/roots", CopyOptions())
    run(base, "/new/chown", CopyOptions(owner=Owner(7, 8), keep_owner=True))
    target = base / "target"
    assert owners(target / "kept") == {
        "kept": (0, 0),
        "kept/sub": (101, 201),
        "kept/sub/tool": (0, 0),
        "kept/file": (102, 202),
        "kept/link": (103, 203),
    }, owners(target / "kept")
    assert set(owners(target / "roots").values()) == {(0, 0)}
    assert set(owners(target / "new").values()) == {(7, 8)}
    for name in ("kept", "roots", "new/chown"):
        assert (target / name / "file").stat().st_mode & 0o7777 == 0o6755, name
    assert os.getxattr(target / "kept/sub/tool", "security.capability") == CAPABILITY
    assert os.getxattr(target / "new/chown/sub/tool", "security.capability") == CAPABILITY
    assert os.listxattr(target / "roots/sub/tool") == []


def check_existing(base: Path) -> None:
    existing = base / "target" / "existing"
    (existing / "other").mkdir(parents=True)
    os.chown(existing, 500, 600)
    os.chown(existing / "other", 501, 601)
    run(base, "/existing", CopyOptions(keep_owner=True))
    found = owners(existing)
    assert found["existing"] == (500, 600)
    assert found["existing/other"] == (501, 601)
    assert found["existing/sub"] == (101, 201)


def check_digests(base: Path) -> None:
    with Rootfs(base / "source") as tree:
        before = [select(RootfsTree(tree), ["dir"]).digest(None, owners=o) for o in (True, False)]
        os.chown(base / "source" / "dir" / "sub", 111, 222)
        after = [select(RootfsTree(tree), ["dir"]).digest(None, owners=o) for o in (True, False)]
    assert before[0] != after[0], "owners count when they are kept"
    assert before[1] == after[1], "and do not when they are not"


def check_others(base: Path) -> None:
    with Rootfs(base / "target") as rootfs:
        assert make_workdir(rootfs, "/roots/w/x", 5, 6)
        write_inline([InlineFile("E", b"x")], rootfs, "/w/", "/", CopyOptions(owner=Owner(9, 10)))
    assert owners(base / "target" / "roots" / "w") == {"w": (5, 6), "w/x": (5, 6)}
    assert (base / "target" / "roots").stat().st_uid == 0
    assert owners(base / "target" / "w") == {"w": (9, 10), "w/E": (9, 10)}


def check_limits(base: Path) -> None:
    """An id and a device that a user namespace refuses; real root may have both."""
    if Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]:
        return
    with pytest.raises(HostError) as refused:
        run(base, "/far", CopyOptions(owner=Owner(2_000_000_000, 0)))
    assert refused.value.id == "id-not-mapped"
    with Rootfs("/dev") as tree, Rootfs(base / "target") as rootfs:
        selection = select(RootfsTree(tree), ["null"])
        with pytest.raises(BuildError, match="device node /d/null"):
            copy(selection, rootfs, "/d/", "/", CopyOptions())


def main() -> None:
    """Run all checks below the directory that is the only argument."""
    base = Path(sys.argv[1])
    prepare(base)
    for check in (check_owners, check_existing, check_digests, check_others, check_limits):
        check(base)
    print("all as expected")


if __name__ == "__main__":
    main()

"""Changes to a root filesystem, each of which a layer has to hold; on top of `BASE`."""

import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

Change = Callable[[Path], None]
LONG = "n" * 250
DEEP = "/".join(["directory-of-a-long-name"] * 12)
CAPABILITY = "security.capability"
# Version 2: CAP_NET_RAW, permitted and effective.
NET_RAW = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
LONG_AGO, FAR_AWAY = -123456789, 1 << 33


def make_base(rootfs: Path) -> None:
    """Two of everything, so that one can stay as it is."""
    for number in "12":
        folder = rootfs / f"folder{number}"
        (folder / "inner/deep").mkdir(parents=True)
        (folder / "file").write_text(f"content {number}")
        (folder / "inner/file").write_text("inner")
        (folder / "inner/deep/file").write_text("deep")
        (rootfs / f"file{number}").write_text(f"file {number}")
        os.link(rootfs / f"file{number}", folder / "hard")
        (rootfs / f"link{number}").symlink_to(f"folder{number}")
    (rootfs / "empty").mkdir()


def remove_below(rootfs: Path) -> None:
    """For a second layer: what is removed here must stay so."""
    (rootfs / "folder2/inner/deep/file").unlink()
    tree(rootfs / "folder2/inner/deep")
    (rootfs / "folder2/inner/deep").mkdir()


def tree(path: Path) -> None:
    """Remove a folder with all that is in it."""
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            tree(entry)
        else:
            entry.unlink()
    path.rmdir()


def new_files(rootfs: Path) -> None:
    (rootfs / "new/inner").mkdir(parents=True)
    (rootfs / "new/empty").touch()
    (rootfs / "new/large").write_bytes(bytes(range(256)) * 20_000)
    (rootfs / "folder1/added").write_text("x" * 511)
    (rootfs / "folder1/block").write_text("x" * 512)
    (rootfs / "folder1/more").write_text("x" * 513)


def names(rootfs: Path) -> None:
    (rootfs / DEEP).mkdir(parents=True)
    for name in (LONG, "two\nlines", "sp ace", "-dash", "ünïcode", "a" * 100, "b" * 101, "!first"):
        (rootfs / name).write_text(name)
        (rootfs / DEEP / name).write_text(name)
        (rootfs / f"to-{name[:200]}").symlink_to(f"{DEEP}/{name}")
    Path(os.fsdecode(os.fsencode(rootfs) + b"/latin-\xfc")).write_text("x")
    Path(os.fsdecode(os.fsencode(rootfs) + b"/to-\xff")).symlink_to(os.fsdecode(b"\xfe"))
    (rootfs / ".hidden").touch()
    (rootfs / ".wholesome").touch()


def links(rootfs: Path) -> None:
    (rootfs / "one").write_text("linked")
    os.link(rootfs / "one", rootfs / "folder1/two")
    os.link(rootfs / "one", rootfs / ("three" * 40))
    os.link(rootfs / "file1", rootfs / "of-the-base")
    os.symlink("nowhere", rootfs / "dangling")
    os.link(rootfs / "dangling", rootfs / "dangling-too", follow_symlinks=False)
    os.symlink("x" * 1000, rootfs / "far")


def special(rootfs: Path) -> None:
    os.mkfifo(rootfs / "fifo", 0o640)
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(rootfs, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
    (rootfs / "beside").write_text("the socket")


def sparse(rootfs: Path) -> None:
    with (rootfs / "sparse").open("wb") as stream:
        stream.truncate(3 << 20)
        stream.seek(2 << 20)
        stream.write(b"data")
    os.truncate(rootfs / "file1", 100_000)


def modes_and_owners(rootfs: Path) -> None:
    for number, mode in enumerate((0o000, 0o644, 0o755, 0o4755, 0o2755, 0o1777, 0o7777)):
        (rootfs / f"mode{number}").touch()
        (rootfs / f"mode{number}").chmod(mode)
        (rootfs / f"dir{number}").mkdir()
        (rootfs / f"dir{number}").chmod(mode)
    for uid, gid in ((0, 1), (1, 0), (1000, 50), (65534, 65535)):
        (rootfs / f"owner{uid}").touch()
        os.chown(rootfs / f"owner{uid}", uid, gid)
        (rootfs / f"to-owner{uid}").symlink_to("x")
        os.chown(rootfs / f"to-owner{uid}", uid, gid, follow_symlinks=False)


def only_attributes(rootfs: Path) -> None:
    (rootfs / "file1").chmod(0o600)
    os.chown(rootfs / "folder1", 7, 8)
    (rootfs / "folder1/inner").chmod(0o700)
    os.utime(rootfs / "folder1/file", (1000, 2000))
    os.chown(rootfs / "link1", 9, 9, follow_symlinks=False)


def times(rootfs: Path) -> None:
    for name, when in (("past", LONG_AGO), ("future", FAR_AWAY), ("zero", 0)):
        (rootfs / name).touch()
        os.utime(rootfs / name, ns=(when * 10**9, when * 10**9 + 999_999_999))
        (rootfs / f"dir-{name}").mkdir()
        os.utime(rootfs / f"dir-{name}", (when, when))
        (rootfs / f"link-{name}").symlink_to(name)
        os.utime(rootfs / f"link-{name}", (when, when), follow_symlinks=False)


def attributes(rootfs: Path) -> None:
    (rootfs / "marked").touch()
    os.setxattr(rootfs / "marked", "user.one", b"1")
    os.setxattr(rootfs / "marked", "user.bytes", bytes(range(256)))
    os.setxattr(rootfs / "marked", "user.empty", b"")
    os.setxattr(rootfs / "folder1", "user.on-a-folder", b"yes=no\n")
    os.setxattr(rootfs / "file1", CAPABILITY, NET_RAW)
    (rootfs / "able").touch()
    os.setxattr(rootfs / "able", CAPABILITY, NET_RAW)
    os.link(rootfs / "able", rootfs / "able-too")


def removals(rootfs: Path) -> None:
    (rootfs / "file1").unlink()
    (rootfs / "link1").unlink()
    (rootfs / "empty").rmdir()
    tree(rootfs / "folder1/inner")
    (rootfs / "folder2/file").unlink()


def gone_again(rootfs: Path) -> None:
    """Nothing is left of it but the changed times of folders."""
    (rootfs / "folder1/new").mkdir()
    (rootfs / "folder1/new/file").touch()
    tree(rootfs / "folder1/new")
    (rootfs / "file1").unlink()
    (rootfs / "file1").write_text("again")


def replaced(rootfs: Path) -> None:
    """Everything by everything else, under the same names."""
    tree(rootfs / "folder1")
    (rootfs / "folder1").write_text("a file now")
    (rootfs / "file1").unlink()
    (rootfs / "file1").mkdir()
    (rootfs / "file1/inside").touch()
    (rootfs / "link1").unlink()
    (rootfs / "link1").mkdir()
    (rootfs / "empty").rmdir()
    (rootfs / "empty").symlink_to("folder2")
    tree(rootfs / "folder2/inner")
    (rootfs / "folder2/inner").mkdir()
    (rootfs / "folder2/inner/file").write_text("another")


def opaque(rootfs: Path) -> None:
    """Folders made anew show nothing of the old, also inside of each other."""
    tree(rootfs / "folder1")
    (rootfs / "folder1").mkdir()
    (rootfs / "folder1/inner").mkdir()
    (rootfs / "folder1/inner/deep").mkdir()
    (rootfs / "folder1/inner/deep/other").touch()
    tree(rootfs / "folder2/inner")
    (rootfs / "folder2/inner").mkdir(mode=0o700)


def moved(rootfs: Path) -> None:
    (rootfs / "file1").rename(rootfs / "folder1/file1")
    (rootfs / "folder1/inner/file").rename(rootfs / "inner-file")
    (rootfs / "link1").rename(rootfs / "folder1/link")
    (rootfs / "made").mkdir()
    (rootfs / "made/x").touch()
    (rootfs / "made").rename(rootfs / "folder1/made")


def nothing(rootfs: Path) -> None:
    """No change at all is a layer too."""


CASES: dict[str, Change] = {
    case.__name__: case
    for case in (
        new_files,
        names,
        links,
        special,
        sparse,
        modes_and_owners,
        only_attributes,
        times,
        attributes,
        removals,
        gone_again,
        replaced,
        opaque,
        moved,
        nothing,
    )
}

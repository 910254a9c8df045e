"""Random trees: copied as `cp -a` copies them, and nothing outside the root is ever touched."""

import os
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rootbuild.errors import RootbuildError
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.copy import copy
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

ME = Owner(os.geteuid(), os.getegid())

NAMES = st.sampled_from([b"a", b"b", b"c", b"caf\xe9", "ü".encode(), b" x", b"\n", b"-r", b"*"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)
TARGETS = st.sampled_from(
    [b"a", b"b/c", b"..", b"../..", b"../../..", b"../../../outside", b"/", b"/a", b"/../outside"]
)
MODES = st.sampled_from([0o644, 0o600, 0o755, 0o4755, 0o2711, 0o444])
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["file", "directory", "link", "escape", "hard", "fifo"]),
        PATHS,
        TARGETS,
        MODES,
        st.binary(max_size=20),
    ),
    max_size=14,
)

FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def build(root: bytes, entries: list[tuple[str, bytes, bytes, int, bytes]]) -> None:
    """Make what can be made of a list of entries; later ones never go through a link."""
    files: list[bytes] = []
    for kind, path, target, mode, content in entries:
        whole = os.path.join(root, path)
        with suppress(OSError):
            if not _safe(root, path):
                continue
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            if kind == "directory":
                os.makedirs(whole, exist_ok=True)
                os.chmod(whole, mode | 0o700)
            elif kind == "link":
                os.symlink(target, whole)
            elif kind == "escape":
                os.symlink(os.path.join(os.path.dirname(root), b"outside"), whole)
            elif kind == "hard" and files:
                os.link(files[0], whole)
            elif kind == "fifo":
                os.mkfifo(whole, 0o600)
            else:
                with open(whole, "xb") as stream:
                    stream.write(content)
                os.chmod(whole, mode)
                os.utime(whole, ns=(0, len(content) * 1_000_000_007))
                files.append(whole)


def _safe(root: bytes, path: bytes) -> bool:
    """No link on the way and none at the end: what is made, or changed, is in the tree."""
    names = path.split(b"/")
    way = [os.path.join(root, *names[:depth]) for depth in range(1, len(names) + 1)]
    return not any(os.path.islink(name) for name in way)


def picture(root: bytes) -> dict[bytes, tuple[Any, ...]]:
    """All that `cp -a` keeps, except for access times: by relative path."""
    seen: dict[bytes, tuple[Any, ...]] = {}
    inodes: dict[int, bytes] = {}
    for above, directories, files in os.walk(root):
        directories.sort()
        for name in sorted([*directories, *files]):
            path = os.path.join(above, name)
            status = os.lstat(path)
            content: bytes = b""
            first = b""
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as stream:
                    content = stream.read()
                if status.st_nlink > 1:
                    first = inodes.setdefault(status.st_ino, os.path.relpath(path, root))
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            seen[os.path.relpath(path, root)] = (
                oct(status.st_mode),
                status.st_uid,
                status.st_gid,
                status.st_mtime_ns,
                content,
                first,
            )
    return seen


def run(base: str, sources: list[str], destination: str) -> None:
    with Rootfs(f"{base}/source") as tree, Rootfs(f"{base}/target") as rootfs:
        selection = select(RootfsTree(tree), sources)
        selection.digest(None, owners=True)
        copy(selection, rootfs, destination, "/", CopyOptions(owner=ME))


def _stage(base: str) -> bytes:
    """source, target, and what must not change: outside, and /outside through the target."""
    for name in ("source", "target", "outside"):
        os.mkdir(f"{base}/{name}")
    for name in ("a", "secret"):
        Path(base, "outside", name).write_text(f"outside {name}")
    return os.fsencode(base)


@FUZZ
@given(entries=ENTRIES)
def test_a_copied_tree_equals_what_cp_makes(entries: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as base:
        root = _stage(base)
        build(root + b"/source", entries)
        run(base, ["."], "/copy")
        subprocess.run(["cp", "-a", f"{base}/source/.", f"{base}/expected"], check=True)
        assert picture(root + b"/target/copy") == picture(root + b"/expected")


@FUZZ
@given(
    entries=ENTRIES,
    there=ENTRIES,
    source=st.one_of(PATHS, st.sampled_from([b".", b"*", b"*/*", b"a/../../outside"])),
    destination=st.tuples(PATHS, st.sampled_from([b"", b"/", b"/.", b"/../x"])).map(b"".join),
)
def test_nothing_outside_is_read_or_changed(
    entries: list[tuple[Any, ...]],
    there: list[tuple[Any, ...]],
    source: bytes,
    destination: bytes,
) -> None:
    with tempfile.TemporaryDirectory() as base:
        root = _stage(base)
        build(root + b"/source", entries)
        build(root + b"/target", there)
        outside = picture(root + b"/outside")
        selected = picture(root + b"/source")
        with suppress(RootbuildError):
            run(base, [os.fsdecode(source)], "/" + os.fsdecode(destination))
        assert picture(root + b"/outside") == outside
        assert picture(root + b"/source") == selected
        assert sorted(os.listdir(base)) == ["outside", "source", "target"]
        contents = {entry[4] for entry in picture(root + b"/target").values()}
        assert not {b"outside a", b"outside secret"} & contents


@FUZZ
@given(entries=ENTRIES)
def test_copying_twice_changes_nothing_and_digests_the_same(
    entries: list[tuple[Any, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as base:
        root = _stage(base)
        build(root + b"/source", entries)
        run(base, ["."], "/")
        once = picture(root + b"/target")
        run(base, ["."], "/")
        assert picture(root + b"/target") == once
        digests = set()
        for name in ("source", "target"):
            with Rootfs(f"{base}/{name}") as rootfs:
                digests.add(select(RootfsTree(rootfs), ["."]).digest(None, owners=True))
        assert len(digests) == 1

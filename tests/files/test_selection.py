import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.files import digest as digest_module
from rootbuild.files.digest import StatKey
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree


class Memory:
    """A digest cache that tells what it was asked."""

    def __init__(self) -> None:
        self.known: dict[StatKey, str] = {}
        self.hits = 0

    def get(self, keys: Sequence[StatKey]) -> list[str | None]:
        found = [self.known.get(key) for key in keys]
        self.hits += len(found) - found.count(None)
        return found

    def put(self, key: StatKey, digest: str) -> None:
        self.known[key] = digest


def found(root: Path, *sources: str) -> list[tuple[str, str]]:
    """(base name, real place) of what is selected."""
    with Rootfs(root) as rootfs:
        selection = select(RootfsTree(rootfs), sources)
        return [(chosen.name, "/".join(chosen.parts)) for chosen in selection.chosen]


def digest(
    root: Path, sources: Sequence[str] = (".",), owners: bool = False, known: Memory | None = None
) -> str:
    with Rootfs(root) as rootfs:
        return select(RootfsTree(rootfs), sources).digest(known, owners=owners)


@pytest.fixture
def tree(source: Path) -> Path:
    for name in ("foo.go", "bar.go", "a.txt", "[x]", "sub/dir1/dir2/foo", "sub/dir3/dir2/foo"):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return source


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["a.txt"], [("a.txt", "a.txt")]),
        (["/a.txt"], [("a.txt", "a.txt")]),
        (["../../a.txt"], [("a.txt", "a.txt")]),
        (["sub/../a.txt/"], [("a.txt", "a.txt")]),
        (["sub/"], [("sub", "sub")]),
        (["."], [("", "")]),
        ([""], [("", "")]),
        (["*.go"], [("bar.go", "bar.go"), ("foo.go", "foo.go")]),
        (["f*.go", "a.txt"], [("foo.go", "foo.go"), ("a.txt", "a.txt")]),
        (["sub/*"], [("dir1", "sub/dir1"), ("dir3", "sub/dir3")]),
        (["sub/**"], [("dir1", "sub/dir1"), ("dir3", "sub/dir3")]),
        (["sub/*/dir2/foo"], [("foo", "sub/dir1/dir2/foo"), ("foo", "sub/dir3/dir2/foo")]),
        (["[[]x]"], [("[x]", "[x]")]),
        (["*.none", "none/*.c", "a.txt/*"], []),
    ],
)
def test_sources(tree: Path, sources: list[str], expected: list[tuple[str, str]]) -> None:
    assert found(tree, *sources) == expected


@pytest.mark.parametrize("name", ["nothing", "sub/nothing", "nothing/x", "a.txt/x", "dangling"])
def test_a_named_source_must_exist(tree: Path, name: str) -> None:
    (tree / "dangling").symlink_to("/nowhere")
    with pytest.raises(BuildError) as caught:
        found(tree, "a.txt", f"./{name}")
    assert str(caught.value) == (f'failed to calculate checksum of ref: "/{name}": not found')


def test_a_broken_pattern_is_an_error(tree: Path) -> None:
    with pytest.raises(BuildError, match="syntax error in pattern: /a\\["):
        found(tree, "a[")


def test_links_that_are_named_or_matched_are_followed(tree: Path) -> None:
    (tree / "link").symlink_to("sub/dir1")
    (tree / "link.go").symlink_to("/a.txt")
    assert found(tree, "link") == [("link", "sub/dir1")]
    assert found(tree, "link.*") == [("link.go", "a.txt")]
    assert found(tree, "link/dir2/f*") == [("foo", "sub/dir1/dir2/foo")]
    assert found(tree, "l*k/dir2") == [], "a pattern does not go through links"


def test_links_out_of_the_tree_lead_nowhere(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tree / "absolute").symlink_to(tmp_path / "secret")
    (tree / "relative").symlink_to("../../secret")
    (tree / "loop").symlink_to("loop")
    for name in ("absolute", "relative"):
        with pytest.raises(BuildError, match="not found"):
            found(tree, name)
    with pytest.raises(BuildError, match="symbolic links"):
        found(tree, "loop")


def test_digest_sees_content_names_types_modes_and_targets(tree: Path) -> None:
    (tree / "link").symlink_to("x")
    seen = [digest(tree)]

    def changed() -> bool:
        seen.append(digest(tree))
        return seen[-1] not in seen[:-1]

    (tree / "a.txt").write_text("other")
    assert changed()
    (tree / "a.txt").chmod(0o600)
    assert changed()
    (tree / "a.txt").rename(tree / "b.txt")
    assert changed()
    (tree / "link").unlink()
    (tree / "link").symlink_to("y")
    assert changed()
    (tree / "link").unlink()
    (tree / "link").write_text("y")
    assert changed()
    (tree / "empty").mkdir()
    assert changed()
    (tree / "empty").chmod(0o700)
    assert changed()
    (tree / "pair").hardlink_to(tree / "b.txt")
    assert changed()
    (tree / "pair").unlink()
    (tree / "pair").write_bytes((tree / "b.txt").read_bytes())
    (tree / "pair").chmod(0o600)
    assert changed(), "two files alike are not one file with two names"


def test_digest_does_not_see_times_or_the_directory_that_was_named(tree: Path) -> None:
    before = digest(tree, ["sub"])
    os.utime(tree / "sub" / "dir1" / "dir2" / "foo", ns=(1, 1))
    (tree / "sub").chmod(0o700)
    (tree / "unrelated").write_text("x")
    (tree / "sub").rename(tree / "moved")
    assert digest(tree, ["moved"]) == before


def test_digest_sees_a_files_name_and_the_kind_of_source(tree: Path) -> None:
    (tree / "same").write_text("foo.go")
    (tree / "link").symlink_to("foo.go")
    (tree / "dir").mkdir()
    (tree / "dir" / "foo.go").write_text("foo.go")
    digests = {digest(tree, [name]) for name in ("foo.go", "same", "link", "dir")}
    assert len(digests) == 4
    assert digest(tree, ["*.none"]) != digest(tree, ["foo.go"])
    assert digest(tree, ["foo.go", "a.txt"]) != digest(tree, ["a.txt", "foo.go"])


def test_digest_of_owners(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(tree), digest(tree, owners=True)
    really = os.DirEntry.stat

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name = entry.name
            self._entry = entry

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            status = list(really(self._entry, follow_symlinks=follow_symlinks))
            status[4] = 4711
            full = self._entry.stat(follow_symlinks=follow_symlinks)
            return os.stat_result(status, {"st_rdev": full.st_rdev})

    scandir = os.scandir

    class Scan:
        def __init__(self, directory: int) -> None:
            self._scan = scandir(directory)

        def __enter__(self) -> list[Entry]:
            return [Entry(entry) for entry in self._scan]

        def __exit__(self, *_: object) -> None:
            self._scan.close()

    monkeypatch.setattr(os, "scandir", Scan)
    after = digest(tree), digest(tree, owners=True)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_sockets_count_as_empty_files(source: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(source / "s"))
    (source / "s").chmod(0o644)
    before = digest(source)
    (source / "s").unlink()
    (source / "s").touch()
    (source / "s").chmod(0o644)
    assert digest(source) == before


def test_known_digests_are_not_computed_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_module, "RACY_NS", -1_000_000_000)
    known = Memory()
    first = digest(tree, known=known)
    assert len(known.known) == 6
    opened: list[str] = []
    really = os.open

    def spy(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if not flags & (os.O_DIRECTORY | os.O_PATH):
            opened.append(path)
        return really(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", spy)
    assert digest(tree, known=known) == first
    assert known.hits == 6
    assert opened == []
    (tree / "a.txt").write_text("other")
    assert digest(tree, known=known) != first
    assert opened == ["a.txt"]


def test_what_was_changed_just_now_is_not_remembered(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Memory()
    first = digest(tree, known=known)
    assert known.known == {}
    really = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: really() + 10_000_000_000)
    assert digest(tree, known=known) == first
    assert len(known.known) == 6


def test_a_file_that_is_a_link_when_it_is_read(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with Rootfs(tree) as rootfs:
        selection = select(RootfsTree(rootfs), ["."])
        (tree / "a.txt").unlink()
        (tree / "a.txt").symlink_to(tmp_path / "secret")
        with pytest.raises(BuildError, match=r"/a\.txt"):
            selection.digest(None, owners=False)


def test_names_that_are_no_text(source: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (source / name).write_text("x")
    assert found(source, name) == [(name, name)]
    assert found(source, "caf?") == [(name, name)]
    assert len(digest(source)) == 64


def test_a_very_deep_tree(source: Path) -> None:
    directory = os.open(source, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d", dir_fd=directory)
        below = os.open("d", os.O_RDONLY, dir_fd=directory)
        os.close(directory)
        directory = below
    os.close(directory)
    with Rootfs(source) as rootfs:
        selection = select(RootfsTree(rootfs), ["."])
        assert sum(1 for _ in selection.chosen[0].walk()) == 600
        assert selection.digest(None, owners=True)


def test_how_much_is_taken(tree: Path) -> None:
    (tree / "link").symlink_to("foo.go")
    with Rootfs(tree) as rootfs:
        assert select(RootfsTree(rootfs), ["foo.go", "sub"]).size == 6 + 2 * 17
        assert select(RootfsTree(rootfs), ["*.none"]).size == 0

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rootbuild.errors import BuildError, HostError
from rootbuild.files import create, destination
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.content import ContentCopier
from rootbuild.files.copy import copy
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs, Trail
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

Copy = Callable[..., None]
ME = Owner(os.geteuid(), os.getegid())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def below(root: Path) -> set[str]:
    """All paths below a directory; directories end with a slash."""
    return {
        str(path.relative_to(root)) + ("/" if path.is_dir() and not path.is_symlink() else "")
        for path in root.rglob("*")
    }


@pytest.fixture(autouse=True)
def _files(source: Path) -> None:
    (source / "f").write_text("f")
    (source / "g").write_text("g")
    (source / "dir" / "sub").mkdir(parents=True)
    (source / "dir" / "x").write_text("x")
    (source / "dir" / "sub" / "y").write_text("y")


@pytest.mark.parametrize(
    ("words", "workdir", "expected"),
    [
        (["f", "/new"], "/", {"new"}),
        (["f", "/new/"], "/", {"new/", "new/f"}),
        (["f", "/new/."], "/", {"new/", "new/f"}),
        (["f", "/a/b/new"], "/", {"a/", "a/b/", "a/b/new"}),
        (["f", "."], "/w", {"w/", "w/f"}),
        (["f", ""], "/w", {"w/", "w/f"}),
        (["f", "./"], "/w", {"w/", "w/f"}),
        (["f", "new"], "/w", {"w/", "w/new"}),
        (["f", "../new"], "/w/v", {"w/", "w/new"}),
        (["f", "../../../new"], "/w", {"new"}),
        (["f", "g", "/d/"], "/", {"d/", "d/f", "d/g"}),
        (["f", "g", "/d"], "/", {"d/", "d/f", "d/g"}),
        (["[fg]", "/d/"], "/", {"d/", "d/f", "d/g"}),
        (["f*", "/d"], "/", {"d"}),
        (["*.none", "/d/"], "/", set()),
        (["dir", "/d"], "/", {"d/", "d/x", "d/sub/", "d/sub/y"}),
        (["dir/", "/d/"], "/", {"d/", "d/x", "d/sub/", "d/sub/y"}),
        (["dir/.", "d"], "/", {"d/", "d/x", "d/sub/", "d/sub/y"}),
        (["dir", "/"], "/", {"x", "sub/", "sub/y"}),
        (["dir/*", "/d/"], "/", {"d/", "d/x", "d/y"}),
        (["dir", "f", "/d"], "/", {"d/", "d/x", "d/sub/", "d/sub/y", "d/f"}),
        ([".", "/"], "/", {"f", "g", "dir/", "dir/x", "dir/sub/", "dir/sub/y"}),
    ],
)
def test_where_things_go(
    cp: Copy, target: Path, words: list[str], workdir: str, expected: set[str]
) -> None:
    cp(*words, workdir=workdir)
    assert below(target) == expected


def test_a_pattern_with_several_matches_onto_a_file_name(cp: Copy, target: Path) -> None:
    cp("[fg]", "/d")
    assert (target / "d").read_text() == "g", "one after the other, as BuildKit does"


def test_an_existing_directory_takes_files_in(cp: Copy, target: Path) -> None:
    (target / "d").mkdir()
    cp("f", "/d")
    assert below(target) == {"d/", "d/f"}


def test_a_file_with_more_sources_elsewhere_needs_a_directory(cp: Copy, target: Path) -> None:
    cp("f", "/d", several=True)
    assert below(target) == {"d/", "d/f"}


def test_files_are_replaced_not_written_through(cp: Copy, source: Path, target: Path) -> None:
    (target / "f").write_text("old, and longer")
    (target / "pair").hardlink_to(target / "f")
    cp("f", "/f")
    assert (target / "f").read_text() == "f"
    assert (target / "pair").read_text() == "old, and longer"


def test_created_directories_are_0755_whatever_the_source_and_the_umask(
    cp: Copy, source: Path, target: Path
) -> None:
    (source / "dir").chmod(0o711)
    old = os.umask(0o077)
    try:
        cp("dir", "/a/b")
    finally:
        os.umask(old)
    assert mode(target / "a") == mode(target / "a" / "b") == 0o755


def test_the_destination_directory_stays_as_it_is(cp: Copy, target: Path) -> None:
    (target / "d").mkdir()
    (target / "d").chmod(0o1777)
    cp("dir", "/d")
    cp("f", "/d/")
    assert mode(target / "d") == 0o1777


def test_directories_below_get_the_sources_attributes(cp: Copy, source: Path, target: Path) -> None:
    (source / "dir" / "sub").chmod(0o500)
    (target / "d" / "sub").mkdir(parents=True)
    (target / "d" / "sub" / "kept").write_text("kept")
    os.utime(source / "dir" / "sub", ns=(0, 1_000_000_001))
    cp("dir", "/d")
    assert mode(target / "d" / "sub") == 0o500
    assert (target / "d" / "sub").stat().st_mtime_ns == 1_000_000_001
    assert (target / "d" / "sub" / "kept").read_text() == "kept"
    (target / "d" / "sub").chmod(0o700)
    (source / "dir" / "sub").chmod(0o700)


@pytest.mark.parametrize("bits", [0o644, 0o4755, 0o2755, 0o1755, 0o400, 0])
def test_modes_and_times_are_kept(cp: Copy, source: Path, target: Path, bits: int) -> None:
    os.utime(source / "f", ns=(5, 1_234_567_891))
    (source / "f").chmod(bits)
    readable = os.access(source / "f", os.R_OK)
    if not readable:
        with pytest.raises(BuildError, match=r'"/f".*Permission denied'):
            cp("f", "/")
        return
    cp("f", "/")
    assert mode(target / "f") == bits
    assert (target / "f").stat().st_mtime_ns == 1_234_567_891


def test_chmod_applies_to_all_but_links(cp: Copy, source: Path, target: Path) -> None:
    (source / "dir" / "link").symlink_to("x")
    cp("dir", "/parent/d", chmod="777")
    made = ("parent", "parent/d", "parent/d/x", "parent/d/sub", "parent/d/sub/y")
    assert {mode(target / name) for name in made} == {0o777}
    assert os.readlink(target / "parent/d/link") == "x"
    cp("dir", "/s", chmod="u=rwX,go=")
    assert [mode(target / name) for name in ("s", "s/sub", "s/x")] == [0o700, 0o700, 0o600]


def test_links_inside_are_kept_as_they_are(cp: Copy, source: Path, target: Path) -> None:
    for name, to in [("in", "x"), ("out", "/etc/passwd"), ("up", "../../../etc"), ("no", "none")]:
        (source / "dir" / name).symlink_to(to)
    os.utime(source / "dir" / "in", ns=(1, 77), follow_symlinks=False)
    cp("dir", "/d")
    links = {path.name: os.readlink(path) for path in (target / "d").iterdir() if path.is_symlink()}
    assert links == {"in": "x", "out": "/etc/passwd", "up": "../../../etc", "no": "none"}
    assert (target / "d" / "in").lstat().st_mtime_ns == 77


def test_a_named_link_is_followed(cp: Copy, source: Path, target: Path) -> None:
    (source / "tofile").symlink_to("/dir/x")
    (source / "todir").symlink_to("dir")
    cp("tofile", "/a/")
    cp("todir", "/b/")
    assert below(target) == {"a/", "a/tofile", "b/", "b/x", "b/sub/", "b/sub/y"}
    assert not (target / "a" / "tofile").is_symlink()


def test_hard_links_within_one_copy(cp: Copy, source: Path, target: Path) -> None:
    (source / "dir" / "pair").hardlink_to(source / "dir" / "sub" / "y")
    (source / "dir" / "alone").hardlink_to(source / "f")
    (target / "d").mkdir()
    (target / "d" / "sub").mkdir()
    (target / "d" / "sub" / "y").write_text("old")
    cp("dir", "/d")
    assert (target / "d" / "pair").samefile(target / "d" / "sub" / "y")
    assert (target / "d" / "pair").read_text() == "y"
    assert (target / "d" / "alone").stat().st_nlink == 1


def test_hard_links_of_sources_that_overwrite_each_other(
    cp: Copy, source: Path, target: Path
) -> None:
    for name in ("one", "two", "three"):
        (source / name).mkdir()
    (source / "one" / "n").write_text("first")
    (source / "two" / "n").write_text("second")
    (source / "three" / "m").hardlink_to(source / "one" / "n")
    cp("one", "two", "three", "/d/")
    assert (target / "d" / "n").read_text() == "second"
    assert (target / "d" / "m").read_text() == "first"


def test_special_files(cp: Copy, source: Path, target: Path) -> None:
    os.mkfifo(source / "dir" / "fifo")
    (source / "dir" / "fifo").chmod(0o622)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(source / "dir" / "sock"))
    (source / "dir" / "sock").chmod(0o640)
    cp("dir", "/d")
    assert stat.S_ISFIFO((target / "d" / "fifo").lstat().st_mode)
    assert mode(target / "d" / "fifo") == 0o622
    assert stat.S_ISREG((target / "d" / "sock").lstat().st_mode)
    assert (target / "d" / "sock").read_bytes() == b""
    assert mode(target / "d" / "sock") == 0o640


def test_a_device_that_may_not_be_made(
    cp: Copy, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(source / "dev")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "mknod", refuse)
    with pytest.raises(BuildError, match="cannot make the device node /d/dev"):
        cp("dev", "/d/")


def test_user_attributes_are_dropped(cp: Copy, source: Path, target: Path) -> None:
    os.setxattr(source / "f", "user.note", b"x")
    cp("f", "/")
    assert os.listxattr(target / "f") == []


@pytest.mark.parametrize("broken", [(), ("copy_file_range",), ("copy_file_range", "sendfile")])
def test_sparse_files_stay_sparse_by_every_way_of_copying(
    cp: Copy, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, broken: tuple[str, ...]
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(18, "Invalid cross-device link")

    for name in broken:
        monkeypatch.setattr(os, name, refuse)
    size = 64 << 20
    with (source / "sparse").open("wb") as stream:
        stream.seek(10 << 20)
        stream.write(b"middle" * 3000)
        stream.seek(40 << 20)
        stream.write(b"end")
        stream.truncate(size)
    dense = os.urandom(3 << 20)
    (source / "dense").write_bytes(dense)
    cp("sparse", "dense", "/")
    copied = target / "sparse"
    assert copied.stat().st_size == size
    assert copied.stat().st_blocks * 512 < 1 << 20
    with copied.open("rb") as result:
        result.seek(10 << 20)
        assert result.read(18000) == b"middle" * 3000
        result.seek(40 << 20)
        assert result.read(4) == b"end\0"
    assert (target / "dense").read_bytes() == dense


def test_a_filesystem_whose_copy_file_range_says_nothing_was_there(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    with (source / "f").open("rb") as one, (target / "f").open("wb") as two:
        ContentCopier().copy(one.fileno(), two.fileno(), os.fstat(one.fileno()))
    assert (target / "f").read_text() == "f"


def test_names_that_are_no_text(cp: Copy, source: Path, target: Path) -> None:
    raw = os.fsencode(source) + b"/dir/caf\xe9"
    with open(raw, "w") as stream:
        stream.write("x")
    os.symlink(b"\xff\xfe", raw + b"-link")
    cp("dir", "/d")
    assert os.readlink(os.fsencode(target) + b"/d/caf\xe9-link") == b"\xff\xfe"
    assert set(os.listdir(os.fsencode(target) + b"/d")) == {
        b"x",
        b"sub",
        b"caf\xe9",
        b"caf\xe9-link",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dir", "/file"], "cannot copy to non-directory: /file"),
        (["f", "/file/"], "cannot copy to non-directory: /file"),
        (["f", "/file/x"], "a file of the image is in its way"),
        (["dir", "/merge"], "cannot copy to non-directory: /merge/sub"),
        (["dir", "/linked"], "cannot copy to non-directory: /linked/sub"),
        (["f", "/there"], "cannot replace to directory /there/f with file"),
        (["dir", "/dirs"], "cannot replace to directory /dirs/x with file"),
        (["f", "/loop"], "symbolic link"),
    ],
)
def test_what_cannot_be(cp: Copy, target: Path, words: list[str], message: str) -> None:
    (target / "file").write_text("file")
    for name in ("there/f", "dirs/x", "merge", "linked"):
        (target / name).mkdir(parents=True)
    (target / "merge" / "sub").write_text("a file")
    (target / "linked" / "sub").symlink_to("/dirs")
    (target / "loop").symlink_to("loop")
    with pytest.raises(BuildError) as caught:
        cp(*words)
    assert message in str(caught.value)
    assert (target / "file").read_text() == "file"


def test_destination_links_are_followed_inside(cp: Copy, target: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (target / "real").mkdir()
    (target / "link").symlink_to("real")
    (target / "absolute").symlink_to(outside)
    (target / "up").symlink_to("../../../real")
    (target / "dangling").symlink_to("/made/name")
    (target / "tofile").symlink_to("real/old")
    (target / "real" / "old").write_text("old")
    (target / "real" / "l").symlink_to("old")
    cp("f", "/link/")
    cp("dir", "/absolute/d")
    cp("g", "/up")
    cp("f", "/dangling")
    cp("f", "/tofile")
    inside = target.joinpath(*outside.parts[1:])
    assert below(target / "real") == {"f", "g", "old", "l"}
    assert below(inside) == {"d/", "d/x", "d/sub/", "d/sub/y"}
    assert (target / "made" / "name").read_text() == "f"
    assert (target / "tofile").is_symlink()
    assert (target / "real" / "old").read_text() == "f"
    assert list(outside.iterdir()) == []


def test_a_link_in_the_place_of_a_copied_file_is_replaced(
    cp: Copy, target: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("victim")
    (target / "d").mkdir()
    (target / "d" / "x").symlink_to(victim)
    (target / "d" / "f").symlink_to(victim)
    cp("dir", "/d")
    cp("f", "/d/")
    assert victim.read_text() == "victim"
    assert not (target / "d" / "x").is_symlink()
    assert (target / "d" / "f").read_text() == "f"


def test_a_source_swapped_for_a_link_is_not_read(
    cp: Copy, source: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")
    _before_opening(monkeypatch, source / "dir" / "x", tmp_path / "secret")
    with pytest.raises(BuildError, match="/dir/x changed while it was being copied"):
        cp("dir", "/d")
    assert "secret" not in {path.read_text() for path in target.rglob("*") if path.is_file()}


def test_a_source_swapped_for_a_fifo_does_not_hang(
    cp: Copy, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _before_opening(monkeypatch, source / "dir" / "x", None)
    with pytest.raises(BuildError, match="/dir/x changed while it was being copied"):
        cp("dir", "/d")


def test_a_source_directory_swapped_for_a_link_is_not_entered(
    cp: Copy, source: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "y").write_text("secret")
    _before_opening(monkeypatch, source / "dir" / "sub", outside)
    with pytest.raises(BuildError, match="/dir/sub/y changed while it was being copied"):
        cp("dir", "/d")
    assert "secret" not in {path.read_text() for path in target.rglob("*") if path.is_file()}


def test_a_destination_directory_swapped_for_a_link_is_not_written_through(
    cp: Copy, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (target / "d" / "sub").mkdir(parents=True)
    really = Trail.at

    def swap(trail: Trail, parts: tuple[str, ...]) -> int:
        if parts == ("d", "sub") and (target / "d" / "sub").is_dir():
            (target / "d" / "sub").rmdir()
            (target / "d" / "sub").symlink_to(outside)
        return really(trail, parts)

    monkeypatch.setattr(Trail, "at", swap)
    with pytest.raises(BuildError, match='cannot copy to "/d"'):
        cp("dir", "/d")
    assert list(outside.iterdir()) == []


def test_a_destination_file_swapped_for_a_link_is_not_written_through(
    cp: Copy, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("victim")
    really = create.create_file

    def swap(trail: Trail, place: tuple[str, ...]) -> int:
        (target / place[-1]).symlink_to(victim)
        return really(trail, place)

    monkeypatch.setattr("rootbuild.files.copy.create_file", swap)
    cp("f", "/f")
    assert victim.read_text() == "victim"
    assert (target / "f").read_text() == "f"
    assert not (target / "f").is_symlink()


@pytest.mark.parametrize("number", [28, 122])
def test_a_full_disk(cp: Copy, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", full)
    with pytest.raises(HostError) as caught:
        cp("f", "/x")
    assert caught.value.id == "no-space"
    assert 'cannot copy to "/x"' in str(caught.value)
    assert caught.value.report.hint


def test_an_owner_that_this_host_does_not_have(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fchown", refuse)
    with Rootfs(source) as tree, Rootfs(target) as rootfs:
        selection = select(RootfsTree(tree), ["f"])
        with pytest.raises(HostError, match="owner 7:8 ") as caught:
            copy(selection, rootfs, "/x", "/", CopyOptions(owner=Owner(7, 8)))
    assert caught.value.id == "id-not-mapped"


def test_no_descriptor_is_left_open(cp: Copy, source: Path, target: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    cp(".", "/")
    (target / "dir" / "sub" / "y").unlink()
    (target / "dir" / "sub" / "y").mkdir()
    with pytest.raises(BuildError):
        cp(".", "/")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_of_the_stage_keeps_its_owner(source: Path, target: Path) -> None:
    with Rootfs(source) as tree, Rootfs(target) as rootfs:
        options = CopyOptions(keep_owner=True)
        copy(select(RootfsTree(tree), ["f"]), rootfs, "/f", "/", options)
    copied = (target / "f").stat()
    assert Owner(copied.st_uid, copied.st_gid) == ME


def _before_opening(monkeypatch: pytest.MonkeyPatch, victim: Path, link: Path | None) -> None:
    """Swap a source for a link (or a FIFO) after it was selected, before it is opened."""
    really = destination.destination

    def swapped(*words: Any, **options: Any) -> destination.Destination:
        victim.rename(victim.with_name("gone"))
        if link is None:
            os.mkfifo(victim)
        else:
            victim.symlink_to(link)
        return really(*words, **options)

    monkeypatch.setattr("rootbuild.files.copy.find_destination", swapped)

import errno
import os
from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.files import rootfs as module
from rootbuild.files.directories import make_workdir
from rootbuild.files.owner import Owner
from rootbuild.files.paths import shown, split
from rootbuild.files.rootfs import NewDirectory, Rootfs

ME = NewDirectory(Owner(os.geteuid(), os.getegid()))


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("", ()),
        (".", ()),
        ("/", ()),
        ("a/b/", ("a", "b")),
        ("//a//./b", ("a", "b")),
        ("../../a", ("a",)),
        ("a/../../b", ("b",)),
        ("..", ()),
    ],
)
def test_paths_are_cleaned_within_the_root(path: str, parts: tuple[str, ...]) -> None:
    assert split(path) == parts


@pytest.mark.parametrize("path", ["a\0b", "a\ud800"])
def test_what_cannot_be_a_path_is_an_error_for_its_author(path: str) -> None:
    with pytest.raises(BuildError, match="is not a path"):
        split(path)


def test_a_name_that_is_no_text_is_shown_without_harm() -> None:
    assert shown(("a", "b\udcff")) == "/a/b�"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a secret beside it."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "outside").mkdir()
    path = tmp_path / "root"
    (path / "dir" / "sub").mkdir(parents=True)
    (path / "dir" / "file").write_text("inside")
    (path / "secret").write_text("inside")
    return path


LINKS = [
    ("l", "dir/file", ("dir", "file")),
    ("l", "/dir/file", ("dir", "file")),
    ("l", "../../../dir/file", ("dir", "file")),
    ("dir/l", "../secret", ("secret",)),
    ("dir/l", "../../../../secret", ("secret",)),
    ("l", "/", ()),
    ("l", "..", ()),
    ("l", "dir/../dir/./sub/", ("dir", "sub")),
]


@pytest.mark.parametrize(("link", "to", "parts"), LINKS)
def test_links_are_followed_as_if_chrooted(
    root: Path, link: str, to: str, parts: tuple[str, ...]
) -> None:
    (root / link).symlink_to(to)
    with Rootfs(root) as rootfs:
        place = rootfs.resolve(link)
    assert place.parts == parts
    assert place.status is not None
    assert place.status.st_ino == root.joinpath(*parts).stat().st_ino
    assert [shown(used) for used in place.links] == ["/" + link]


def test_an_absolute_link_to_a_host_path_does_not_leave(root: Path, tmp_path: Path) -> None:
    (root / "l").symlink_to(tmp_path / "secret")
    (root / "dir" / "up").symlink_to("../../outside")
    with Rootfs(root) as rootfs:
        assert not rootfs.exists("l")
        assert not rootfs.exists("dir/up")
        assert rootfs.read_file("l", 100) is None


def test_chains_are_followed_and_loops_end(root: Path) -> None:
    for number in range(39):
        (root / f"c{number}").symlink_to(f"c{number + 1}")
    (root / "c39").symlink_to("dir")
    (root / "loop").symlink_to("pool")
    (root / "pool").symlink_to("loop/x")
    with Rootfs(root) as rootfs:
        assert rootfs.resolve("c0/file").parts == ("dir", "file")
        with pytest.raises(OSError, match="symbolic links") as caught:
            rootfs.resolve("loop")
    assert caught.value.errno == errno.ELOOP


def test_what_is_missing(root: Path) -> None:
    (root / "dangling").symlink_to("/dir/new")
    with Rootfs(root) as rootfs:
        assert rootfs.resolve("dir/nothing").status is None
        assert rootfs.resolve("dangling").parts == ("dir", "new")
        with pytest.raises(FileNotFoundError):
            rootfs.resolve("no/thing")
        with pytest.raises(NotADirectoryError):
            rootfs.resolve("dir/file/x")


def test_directories_are_made_inside_only(root: Path, tmp_path: Path) -> None:
    (root / "abs").symlink_to(tmp_path / "outside")
    (root / "up").symlink_to("../../outside/x")
    with Rootfs(root) as rootfs:
        made = rootfs.make_directories("abs/y", ME)
        assert made.parts == (*split(str(tmp_path / "outside")), "y")
        assert rootfs.make_directories("up", ME).parts == ("outside", "x")
        assert rootfs.make_directories("dir", ME).created is False
        with pytest.raises(NotADirectoryError):
            rootfs.make_directories("dir/file", ME)
        with pytest.raises(NotADirectoryError):
            rootfs.make_directories("dir/file/x", ME)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_directory_swapped_for_a_link_between_two_steps(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside" / "file").write_text("secret")
    look = module.Trail.at

    def swap(trail: module.Trail, parts: tuple[str, ...]) -> int:
        if parts == ("dir",):
            (root / "dir").rename(root / "gone")
            (root / "dir").symlink_to(tmp_path / "outside")
        return look(trail, parts)

    with Rootfs(root) as rootfs:
        monkeypatch.setattr(module.Trail, "at", swap)
        with pytest.raises(OSError, match=r"directory|symbolic") as caught:
            rootfs.resolve("dir/file")
    assert caught.value.errno in (errno.ENOTDIR, errno.ELOOP)


def test_what_is_held_is_inside_whatever_its_name_does(root: Path, tmp_path: Path) -> None:
    (root / "folder").mkdir()
    (root / "folder/file").write_text("inside")
    (root / "link").symlink_to("/folder/file")
    (root / "out").symlink_to(tmp_path)
    with Rootfs(root) as rootfs:
        descriptor = rootfs.hold("link")
        (root / "folder/file").rename(root / "moved")
        (root / "folder/file").symlink_to("/etc/passwd")
        try:
            assert Path(f"/proc/self/fd/{descriptor}").read_text() == "inside"
        finally:
            os.close(descriptor)
        os.close(rootfs.hold("/"))
        for path in ("gone", "out/x", "folder/file"):
            with pytest.raises(FileNotFoundError):
                rootfs.hold(path)


def test_what_is_swapped_for_a_link_is_not_held(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "swapped").symlink_to("/etc/passwd")
    place = module.Place(("swapped",), None)
    monkeypatch.setattr(Rootfs, "resolve", lambda self, path: place)
    with Rootfs(root) as rootfs, pytest.raises(OSError, match="symbolic links"):
        rootfs.hold("swapped")


def test_a_trail_opens_only_what_differs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    really = os.open

    def spy(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        opened.append(path)
        return really(path, flags, dir_fd=dir_fd)

    (root / "dir" / "sub" / "deep").mkdir()
    with Rootfs(root) as rootfs, rootfs.trail() as trail:
        monkeypatch.setattr(os, "open", spy)
        trail.at(("dir", "sub"))
        trail.at(("dir", "sub", "deep"))
        trail.at(("dir",))
        trail.at(("dir", "sub"))
    assert opened == ["dir", "sub", "deep", "sub"]


def test_no_descriptor_is_left_open(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with Rootfs(root) as rootfs:
        rootfs.resolve("dir/file")
        rootfs.make_directories("x/y/z", ME)
        with pytest.raises(NotADirectoryError):
            rootfs.resolve("dir/file/x")
    assert len(os.listdir("/proc/self/fd")) == before


def test_reading_a_file_is_limited_and_skips_what_is_no_file(root: Path) -> None:
    os.mkfifo(root / "fifo")
    with Rootfs(root) as rootfs:
        assert rootfs.read_file("dir/file", 6) == b"inside"
        assert rootfs.read_file("dir", 6) is None
        assert rootfs.read_file("fifo", 6) is None
        assert rootfs.read_file("nothing", 6) is None
        with pytest.raises(BuildError, match="larger than 5 bytes"):
            rootfs.read_file("dir/file", 5)


def test_workdir_is_made_once_with_its_parents(root: Path) -> None:
    before = (root / "dir").stat()
    old = os.umask(0o077)
    try:
        with Rootfs(root) as rootfs:
            assert make_workdir(rootfs, "/dir/a/b", *_me()) is True
            assert make_workdir(rootfs, "/dir/a/b", *_me()) is False
            assert make_workdir(rootfs, "/", *_me()) is False
    finally:
        os.umask(old)
    assert [(root / name).stat().st_mode & 0o7777 for name in ("dir/a", "dir/a/b")] == [0o755] * 2
    assert (root / "dir").stat().st_mode == before.st_mode


def test_workdir_through_links_stays_inside(root: Path, tmp_path: Path) -> None:
    (root / "w").symlink_to(tmp_path / "outside")
    with Rootfs(root) as rootfs:
        assert make_workdir(rootfs, "/w/x", *_me()) is True
    assert list((tmp_path / "outside").iterdir()) == []
    assert root.joinpath(*split(str(tmp_path / "outside")), "x").is_dir()


def test_workdir_in_the_way_of_a_file(root: Path) -> None:
    with Rootfs(root) as rootfs, pytest.raises(BuildError, match="in its way"):
        make_workdir(rootfs, "/dir/file/x", *_me())


def _me() -> tuple[int, int]:
    return os.geteuid(), os.getegid()

"""Mount points, and what is taken away again."""

import os
from pathlib import Path

import pytest

from rootbuild_oci import stubs


def touch(path: Path, content: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_missing_things_go_with_their_folders(tmp_path: Path) -> None:
    with stubs.removed_afterwards(tmp_path, ("/etc/hosts", "/etc/resolv.conf", "/proc")):
        touch(tmp_path / "etc/hosts")
        touch(tmp_path / "etc/resolv.conf")
        (tmp_path / "proc").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays(tmp_path: Path) -> None:
    touch(tmp_path / "etc/hosts")
    (tmp_path / "proc").mkdir()
    with stubs.removed_afterwards(tmp_path, ("/etc/hosts", "/proc")):
        pass
    assert (tmp_path / "etc/hosts").exists()
    assert (tmp_path / "proc").is_dir()


def test_what_got_content_stays(tmp_path: Path) -> None:
    with stubs.removed_afterwards(tmp_path, ("/etc/hosts", "/sys")):
        touch(tmp_path / "etc/hosts", "content")
        touch(tmp_path / "sys/file")
    assert (tmp_path / "etc/hosts").read_text() == "content"
    assert (tmp_path / "sys/file").exists()


def test_times_of_folders_are_restored(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    os.utime(tmp_path / "etc", (10, 20))
    with stubs.removed_afterwards(tmp_path, ("/etc/hosts",)):
        touch(tmp_path / "etc/hosts")
    assert (tmp_path / "etc").stat().st_mtime == 20


def test_also_after_an_interruption(tmp_path: Path) -> None:
    def interrupted() -> None:
        with stubs.removed_afterwards(tmp_path, ("/etc/hosts",)):
            touch(tmp_path / "etc/hosts")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("links", "path", "expected"),
    [
        ({}, "/a/b", ["a", "a/b"]),
        ({"a": "x/y"}, "/a/b", ["x", "x/y", "x/y/b"]),
        ({"a": "/x"}, "/a/b", ["x", "x/b"]),
        ({"a": "../../../../x"}, "/a/b", ["x", "x/b"]),
        ({"a": "b", "b": "/c"}, "a/../a", ["c"]),
        ({}, "/../..", []),
    ],
)
def test_resolution_stays_in_the_root(
    tmp_path: Path, links: dict[str, str], path: str, expected: list[str]
) -> None:
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    found = [str(place.relative_to(tmp_path)) for place in stubs.resolve(tmp_path, path)]
    assert found == expected


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    assert stubs.resolve(tmp_path, "/a")[-1] == tmp_path / "a"

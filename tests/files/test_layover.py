"""COPY --link: laid over what is there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.inline import InlineFile, write_inline
from rootbuild.files.layover import Layover
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs

Copy = Callable[..., None]
ME = Owner(os.geteuid(), os.getegid())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(autouse=True)
def _files(source: Path) -> None:
    (source / "f").write_text("f")
    (source / "g").write_text("g")
    (source / "dir" / "sub").mkdir(parents=True)
    (source / "dir" / "sub" / "y").write_text("y")
    (source / "dir" / "sub").chmod(0o750)


@pytest.mark.parametrize(
    ("there", "destination", "untouched"),
    [
        ("nothing", "/new/f", True),
        ("directory", "/there/f", True),
        ("attributes", "/there/f", False),
        ("link", "/there/f", False),
        ("file", "/there", False),
        ("directory", "/there", False),
    ],
)
def test_whether_the_image_matters_to_the_layer(
    target: Path, there: str, destination: str, untouched: bool
) -> None:
    place = target / "there"
    if there in ("directory", "attributes"):
        place.mkdir()
    if there == "attributes":
        os.setxattr(place, "user.mine", b"x")
    elif there == "link":
        place.symlink_to("elsewhere")
    elif there == "file":
        place.write_text("")
    with Rootfs(target) as rootfs:
        over = Layover(rootfs)
        options = CopyOptions(owner=ME)
        write_inline([InlineFile("f", b"x")], rootfs, destination, "/", options, over)
    assert over.untouched is untouched


def test_a_link_of_the_image_is_replaced_by_a_directory(
    cp: Copy, target: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (target / "real").mkdir()
    (target / "link").symlink_to("real")
    cp("f", "/link/", link=True)
    assert not (target / "link").is_symlink()
    assert (target / "link" / "f").read_text() == "f"
    assert list((target / "real").iterdir()) == []


def test_without_it_the_link_is_followed(cp: Copy, target: Path) -> None:
    (target / "real").mkdir()
    (target / "link").symlink_to("real")
    cp("f", "/link/")
    assert (target / "real" / "f").read_text() == "f"


def test_directories_on_the_way_get_new_attributes(cp: Copy, target: Path) -> None:
    (target / "tmp" / "deep").mkdir(parents=True)
    (target / "tmp").chmod(0o1777)
    (target / "tmp" / "kept").write_text("")
    os.utime(target / "tmp", (1, 1))
    cp("f", "/tmp/deep/", link=True)
    assert mode(target / "tmp") == 0o755
    assert (target / "tmp").stat().st_mtime > 1
    assert (target / "tmp" / "kept").exists()


def test_directories_are_merged_and_get_the_attributes_of_the_source(
    cp: Copy, target: Path
) -> None:
    (target / "d" / "sub").mkdir(parents=True)
    (target / "d" / "sub" / "z").write_text("z")
    cp("dir", "/d", link=True)
    assert mode(target / "d" / "sub") == 0o750
    assert {path.name for path in (target / "d" / "sub").iterdir()} == {"y", "z"}


def test_files_and_directories_give_way_to_each_other(cp: Copy, target: Path) -> None:
    (target / "d" / "f" / "deep" / "er").mkdir(parents=True)
    (target / "d" / "f" / "deep" / "er" / "x").write_text("")
    (target / "d" / "sub").write_text("a file")
    cp("f", "dir", "/d/", link=True)
    assert (target / "d" / "f").read_text() == "f"
    assert (target / "d" / "sub" / "y").read_text() == "y"


def test_an_existing_directory_without_a_slash_is_no_directory(cp: Copy, target: Path) -> None:
    (target / "d").mkdir()
    (target / "d" / "x").write_text("")
    cp("f", "/d", link=True)
    assert (target / "d").read_text() == "f"


def test_removing_a_directory_leaves_what_its_links_point_to(
    cp: Copy, target: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("x")
    (target / "d").mkdir()
    (target / "d" / "absolute").symlink_to(outside)
    (target / "d" / "relative").symlink_to("../../outside")
    cp("f", "/d", link=True)
    assert (outside / "x").read_text() == "x"


def test_what_it_has_made_itself_counts(cp: Copy, source: Path, target: Path) -> None:
    cp("[fg]", "/d", link=True)
    assert (target / "d").read_text() == "g"
    (source / "other").mkdir()
    (source / "other" / "f").mkdir()
    with pytest.raises(BuildError, match="cannot copy to non-directory: /e/f"):
        cp("f", "other", "/e/", link=True)


def test_into_the_root(cp: Copy, target: Path) -> None:
    cp("dir", "/", link=True)
    cp("f", "/", link=True)
    assert (target / "sub" / "y").read_text() == "y"
    assert (target / "f").read_text() == "f"


def test_heredocs(target: Path) -> None:
    (target / "real").mkdir()
    (target / "link").symlink_to("real")
    (target / "link2").symlink_to("real")
    with Rootfs(target) as rootfs:
        over = Layover(rootfs)
        options = CopyOptions(owner=ME)
        write_inline([InlineFile("E", b"1")], rootfs, "/link/", "/", options, over)
        write_inline([InlineFile("E", b"2")], rootfs, "/link2", "/", options, over)
    assert (target / "link" / "E").read_text() == "1"
    assert (target / "link2").read_text() == "2"
    assert list((target / "real").iterdir()) == []

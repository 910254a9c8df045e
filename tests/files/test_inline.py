import os
import stat
from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.inline import InlineFile, write_inline
from rootbuild.files.mode import parse_chmod
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs

ME = Owner(os.geteuid(), os.getegid())


def write(target: Path, destination: str, *names: str, chmod: str = "", workdir: str = "/") -> None:
    files = [InlineFile(name, name.encode() + b"\n") for name in names]
    options = CopyOptions(owner=ME, mode=parse_chmod(chmod) if chmod else None)
    with Rootfs(target) as rootfs:
        write_inline(files, rootfs, destination, workdir, options)


@pytest.mark.parametrize(
    ("destination", "names", "expected"),
    [
        ("/x", ["EOF"], "x"),
        ("/x/", ["EOF"], "x/EOF"),
        ("rel", ["EOF"], "w/rel"),
        ("", ["EOF"], "w/EOF"),
        ("/there", ["EOF"], "there/EOF"),
        ("/d", ["EOF", "a"], "d/EOF"),
    ],
)
def test_follows_the_rules_of_copy(
    target: Path, destination: str, names: list[str], expected: str
) -> None:
    (target / "there").mkdir()
    write(target, destination, *names, workdir="/w")
    path = target / expected
    assert path.read_text() == "EOF\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_chmod_also_for_what_is_made_on_the_way(target: Path) -> None:
    write(target, "/bin/run", "EOF", chmod="0750")
    for name in ("bin", "bin/run"):
        assert stat.S_IMODE((target / name).stat().st_mode) == 0o750


def test_replaces_a_link_instead_of_writing_through_it(target: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("victim")
    (target / "d").mkdir()
    (target / "d" / "EOF").symlink_to(victim)
    write(target, "/d/", "EOF")
    assert victim.read_text() == "victim"
    assert (target / "d" / "EOF").read_text() == "EOF\n"


def test_onto_a_directory_of_its_name(target: Path) -> None:
    (target / "d" / "EOF").mkdir(parents=True)
    with pytest.raises(BuildError, match="cannot replace to directory /d/EOF with file"):
        write(target, "/d", "EOF")

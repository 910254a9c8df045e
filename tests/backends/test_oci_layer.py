"""Layers as archives, without an engine; tests/backends/layers_inside.py has the real thing."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootbuild.errors import BuildError
from rootbuild.image import tarheader as header
from rootbuild.image.tarheader import Header, padded
from rootbuild_oci.layer.archive import write_archive
from rootbuild_oci.layer.changes import Change, Removal, changes

NAMES = st.binary(min_size=1, max_size=300).filter(
    lambda name: b"\0" not in name and not name.endswith(b"/")
)
WHITEOUT = os.makedev(0, 0)


def read(data: bytes) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape")


def written(found: list[Change | Removal]) -> bytes:
    with io.BytesIO() as kept:
        target = os.memfd_create("layer")
        try:
            archive = write_archive(found, target)
            os.lseek(target, 0, os.SEEK_SET)
            while data := os.read(target, 1 << 20):
                kept.write(data)
        finally:
            os.close(target)
        made = kept.getvalue()
    assert archive.size == len(made)
    assert archive.digest == f"sha256:{hashlib.sha256(made).hexdigest()}"
    return made


def all_changes(folder: Path) -> list[Change | Removal]:
    return list(changes(os.fsencode(folder), rootless=True))


@given(
    NAMES,
    NAMES,
    st.integers(0, 0o7777),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**40),
    st.integers(-(2**40), 2**40),
    st.lists(st.tuples(st.sampled_from(["user.a", "user.bü"]), st.binary(max_size=99)), max_size=2),
)
def test_any_reader_understands_a_header(
    name: bytes,
    target: bytes,
    mode: int,
    owner: int,
    size: int,
    mtime: int,
    attributes: list[tuple[str, bytes]],
) -> None:
    entry = Header(
        header.SYMLINK, name, mode, owner, owner + 1, 0, mtime, target, attributes=attributes
    )
    sized = Header(header.FILE, name, size=size)
    with read(entry.encode() + bytes(1024)) as archive:
        found = archive.next()
        assert found is not None
        assert os.fsencode(found.name) == name
        assert os.fsencode(found.linkname) == target
        assert (found.mode, found.uid, found.gid) == (mode, owner, owner + 1)
        assert (found.mtime, found.type) == (mtime, tarfile.SYMTYPE)
        for key, value in dict(attributes).items():
            kept = found.pax_headers[f"SCHILY.xattr.{key}"]
            assert kept.encode("utf-8", "surrogateescape") == value
    with read(sized.encode() + bytes(1024)) as archive:
        assert tarfile.TarInfo.frombuf(sized.encode()[-512:], "utf-8", "surrogateescape")
        assert len(sized.encode()) % 512 == 0


def test_what_fits_needs_no_second_header() -> None:
    assert len(Header(header.FILE, b"x" * 100, 0o7777, 2097151, 2097151, 8**11 - 1).encode()) == 512
    assert len(Header(header.FILE, b"x" * 101).encode()) == 3 * 512
    assert len(Header(header.FILE, b"x", size=8**11).encode()) == 3 * 512
    assert len(Header(header.FILE, b"x", uid=2097152).encode()) == 3 * 512
    assert len(Header(header.FILE, b"x", mtime=-1).encode()) == 3 * 512
    assert len(Header(header.FILE, "ü".encode()).encode()) == 3 * 512


@pytest.mark.parametrize("length", [0, 1, 511, 512, 513])
def test_whole_blocks(length: int) -> None:
    assert len(padded(b"x" * length)) % 512 == 0
    assert len(padded(b"x" * length)) - length < 512


def test_content_of_every_size(tmp_path: Path) -> None:
    sizes = (0, 1, 511, 512, 513, 65535, 65536, 1 << 20, (1 << 20) + 1, 3 << 20)
    for size in sizes:
        (tmp_path / f"f{size}").write_bytes(os.urandom(size))
    with read(written(all_changes(tmp_path))) as archive:
        assert {entry.name for entry in archive} == {f"f{size}" for size in sizes}
        for size in sizes:
            content = archive.extractfile(f"f{size}")
            assert content is not None
            assert content.read() == (tmp_path / f"f{size}").read_bytes()


def test_order_does_not_depend_on_the_folder(tmp_path: Path) -> None:
    names = ["b", "a/z", "a/b/c", "a.x", "A", "é", "a-b"]
    made = []
    for number, order in enumerate((names, names[::-1])):
        folder = tmp_path / str(number)
        for name in order:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
        for path in [*folder.rglob("*"), folder]:
            os.utime(path, (1000, 1000))
        made.append(written(all_changes(folder)))
    assert made[0] == made[1]
    with read(made[0]) as archive:
        found = archive.getnames()
    assert found == ["A", "a", "a/b", "a/b/c", "a/z", "a-b", "a.x", "b", "é"]


def test_hard_links_follow_the_first_name(tmp_path: Path) -> None:
    (tmp_path / "z").write_text("content")
    (tmp_path / "a").mkdir()
    os.link(tmp_path / "z", tmp_path / "a/first")
    os.link(tmp_path / "z", tmp_path / "m")
    with read(written(all_changes(tmp_path))) as archive:
        found = {entry.name: (entry.type, entry.linkname, entry.size) for entry in archive}
    assert found["a/first"] == (tarfile.REGTYPE, "", 7)
    assert found["m"] == found["z"] == (tarfile.LNKTYPE, "a/first", 0)


def test_marks_of_removed_entries(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mknod(tmp_path / "folder/gone", 0o020000, WHITEOUT)
    os.link(tmp_path / "folder/gone", tmp_path / "too")  # overlayfs links them
    os.setxattr(tmp_path / "folder", "user.overlay.opaque", b"y")
    os.setxattr(tmp_path / "folder", "user.mine", b"1")
    with read(written(all_changes(tmp_path))) as archive:
        found = archive.getmembers()
    assert [entry.name for entry in found] == [
        "folder",
        "folder/.wh..wh..opq",
        "folder/.wh.gone",
        ".wh.too",
    ]
    assert found[0].pax_headers == {"SCHILY.xattr.user.mine": "1"}
    assert all(entry.isreg() and entry.size == entry.mtime == 0 for entry in found[1:])


def test_a_folder_that_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.setxattr(tmp_path / "folder", "user.overlay.opaque", b"n")
    os.setxattr(tmp_path / "folder", "user.overlay.origin", b"x")
    assert [type(change) for change in all_changes(tmp_path)] == [Change]


def test_what_is_a_mark_for_users_is_none_for_root(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.setxattr(tmp_path / "folder", "user.overlay.opaque", b"y")
    found = changes(os.fsencode(tmp_path), rootless=False)
    assert [type(change) for change in found] == [Change]


@pytest.mark.parametrize("name", [".wh.x", ".wh..wh..opq", ".wh."])
def test_names_that_a_layer_cannot_hold(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / name).touch()
    with pytest.raises(BuildError) as caught:
        all_changes(tmp_path)
    assert caught.value.id == "layer-name"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes/link").symlink_to(tmp_path / "outside")
    with read(written(all_changes(tmp_path / "changes"))) as archive:
        assert archive.getnames() == ["link"]
        assert archive.getmember("link").issym()


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(4 << 20))
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="space"):
        write_archive(all_changes(tmp_path), full.fileno())

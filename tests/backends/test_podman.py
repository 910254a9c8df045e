from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.backend import Runtime, StoredContainer, StoredImage, StoredVolume
from rootbuild.facts import runtimedir
from rootbuild.facts.cgroups import Cgroups
from rootbuild_podman import host, listing
from rootbuild_podman.runtime import PodmanRuntime


def test_images_are_listed_once() -> None:
    row = (
        '{"Id":"a1","Names":["x:1","x:2"],"Digest":"d","CreatedAt":"2026-01-01T00:00:00Z","Size":5}'
    )
    bare = '{"Id":"b2","RepoTags":null,"Size":7}'
    assert listing.images(f"[{row},{row},{bare}]".encode()) == (
        StoredImage("a1", ("x:1", "x:2"), "d", "2026-01-01T00:00:00Z", 5),
        StoredImage("b2", size=7),
    )


def test_other_lists() -> None:
    rows = b'[{"Id":"a","Names":["web"],"State":"running","Networks":["nat"]},{"Id":"b"}]'
    assert listing.containers(rows) == (
        StoredContainer("a", ("web",), "running", ("nat",)),
        StoredContainer("b", ()),
    )
    assert listing.networks(b'[{"id":"a","name":"nat"},{"ID":"b","Name":"old"}]') == (
        ("a", "nat"),
        ("b", "old"),
    )
    assert listing.volumes(b'[{"Name":"v"},{"Name":"w","Mountpoint":"/w","Anonymous":true}]') == (
        StoredVolume("v"),
        StoredVolume("w", "/w", anonymous=True),
    )


@pytest.mark.parametrize("text", [b"", b"\n", b"null", b"[]"])
def test_empty_lists(text: bytes) -> None:
    assert listing.containers(text) == ()


def test_runc_where_crun_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda program: f"/usr/bin/{program}")
    assert host.options(found=Cgroups("v2", ("memory",))) == ()
    assert host.options(found=Cgroups("hybrid")) == ()
    refused = Cgroups("hybrid", ("hugetlb",))
    assert host.options(found=refused) == ("--runtime", "runc")
    assert host.options("crun", refused) == ("--runtime", "crun")
    monkeypatch.setattr(process, "find", lambda program: None)
    assert host.options(found=refused) == ()


def test_command(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime: Runtime = PodmanRuntime()
    monkeypatch.setattr(host, "options", lambda wanted: ("--runtime", wanted or "runc"))
    assert runtime.command(("ps", "-a")) == ("podman", "--runtime", "runc", "ps", "-a")
    monkeypatch.setattr(process, "find", lambda program: None)
    problem = runtime.check()
    assert problem is not None
    assert "apt-get install podman" in problem.hint


def test_sbin_is_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin:/usr/sbin")
    assert host.environment()["PATH"] == "/bin:/usr/sbin:/usr/local/sbin:/sbin"


def test_runtime_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(mine))
    assert host.runtime_dir() == mine
    # Others may write to it: a private one instead, but never somebody else's.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(runtimedir, "is_ours", lambda folder: _private(folder, tmp_path))
    mine.chmod(0o777)
    made = host.runtime_dir()
    assert made == tmp_path / f"podman-run-{os.getuid()}"
    assert made.stat().st_mode & 0o777 == 0o700
    made.chmod(0o777)
    other = host.runtime_dir()
    assert other not in (made, mine)
    assert other.stat().st_mode & 0o777 == 0o700


def _private(folder: Path, below: Path) -> bool:
    """As the real rule, for folders of this test only (the host may have a /run/user/UID)."""
    return folder.is_relative_to(below) and folder.stat().st_mode & 0o022 == 0


def test_a_link_is_not_our_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert not runtimedir.is_ours(tmp_path / "link")
    assert not runtimedir.is_ours(tmp_path / "gone")
    assert not runtimedir.is_ours(Path("/etc/passwd"))

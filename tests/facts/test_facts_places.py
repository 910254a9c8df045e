"""Devices, disks and folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.facts import account, devices, disk, programs, registries, runtimedir
from rootbuild.facts.account import Account

ME = Account(os.geteuid(), "me")


def test_a_device_is_opened(tmp_path: Path) -> None:
    assert devices.look(Path("/dev/null")).usable
    assert devices.problem(devices.look(Path("/dev/null"))) is None
    missing = devices.look(tmp_path / "tun")
    assert missing.refusal == "no such file or directory"
    problem = devices.problem(missing)
    assert problem is not None
    assert (problem.id, problem.hint.split("  #")[0]) == ("no-tun-device", "sudo modprobe tun")


def test_a_device_that_is_not_for_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "tun"
    device.touch()

    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    problem = devices.problem(devices.look(device))
    assert problem is not None
    assert "permission denied" in problem.message
    assert problem.hint == f"sudo chmod 0666 {device}"


def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = disk.look(tmp_path / "not/yet/there")
    assert room is not None
    assert room.device == tmp_path.stat().st_dev
    assert not room.full
    assert disk.full([tmp_path]) is None
    monkeypatch.setattr(disk, "FEW_BYTES", 1 << 60)
    assert disk.full([tmp_path / "a"]) == tmp_path / "a"


@pytest.mark.parametrize(
    ("bytes", "inodes", "full"),
    [(1 << 40, -1, False), (1 << 40, 3, True), (1 << 10, 1 << 20, True), (1 << 40, 1 << 20, False)],
)
def test_full(bytes: int, inodes: int, full: bool) -> None:
    assert disk.Room(Path("/x"), bytes, inodes).full is full


def test_the_runtime_folder_that_is_given(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    found = runtimedir.look(ME, {"XDG_RUNTIME_DIR": str(mine)})
    assert (found.used, found.good, found.there) == (str(mine), True, True)
    assert runtimedir.problem(found) is None


@pytest.mark.parametrize("what", ["missing", "open", "link", "file"])
def test_a_runtime_folder_that_does_not_serve(tmp_path: Path, what: str) -> None:
    given = tmp_path / "given"
    if what == "open":
        given.mkdir()
        given.chmod(0o777)
    elif what == "link":
        given.symlink_to(tmp_path)
    elif what == "file":
        given.touch()
    nobody = Account(999_999_999, "ann")
    found = runtimedir.look(nobody, {"XDG_RUNTIME_DIR": str(given)})
    assert not found.good
    assert found.used == str(runtimedir.fallback(nobody.uid))
    problem = runtimedir.problem(found)
    assert problem is not None
    assert problem.hint == f"sudo install -d -m 0700 -o ann {given}"
    assert runtimedir.problem(runtimedir.look(nobody, {})) is None


def test_who_we_are() -> None:
    assert account.look({"_CONTAINERS_ROOTLESS_UID": "999999999"}) == Account(
        999_999_999, "999999999", inside=True
    )
    assert account.look({}) == Account(os.geteuid(), account.name_of(os.geteuid()))
    assert account.look({"_CONTAINERS_ROOTLESS_UID": "0"}).root


def test_folders_of_programs(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "home").mkdir()
    assert programs.look(tmp_path) == programs.Folders((tmp_path / "usr",), (("bin", "usr/bin"),))


def test_files_about_registries(tmp_path: Path) -> None:
    home = tmp_path / "home"
    secret, open_ = home / ".config/containers/auth.json", home / ".docker/config.json"
    for path in (secret, open_, tmp_path / "etc/containers/registries.conf.d/a.conf"):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    secret.chmod(0o600)
    open_.chmod(0o644)
    found = registries.look(ME, {"HOME": str(home)}, tmp_path)
    assert found.configuration == (tmp_path / "etc/containers/registries.conf.d/a.conf",)
    assert found.credentials == (secret, open_)
    assert found.exposed == (open_,)
    named = registries.look(ME, {"HOME": "/nope", "REGISTRY_AUTH_FILE": str(secret)}, tmp_path)
    assert named.credentials == (secret,)

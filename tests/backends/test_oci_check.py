"""What a host may lack, with the line that mends it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.facts import disk
from rootbuild_oci import failures, hostcheck


@pytest.fixture
def host(tmp_path: Path) -> Path:
    for folder in ("etc", "proc/sys/kernel", "proc/sys/user"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("subuid", "subgid"):
        (tmp_path / "etc" / name).write_text("other:100000:65536\n4242:165536:65536\n")
    (tmp_path / "proc/sys/kernel/unprivileged_userns_clone").write_text("1\n")
    (tmp_path / "proc/sys/user/max_user_namespaces").write_text("1000\n")
    return tmp_path


def check(
    host: Path, uid: int = 4242, find: Callable[[str], str | None] = lambda name: "/bin/su"
) -> str | None:
    problem = hostcheck.rootless(uid, host, find)
    assert problem is None or problem.hint.startswith("sudo ")
    return problem.id if problem else None


def test_a_good_host(host: Path) -> None:
    assert check(host) is None


def test_no_programs_to_map_ids(host: Path) -> None:
    assert check(host, find=lambda name: None) == "uidmap-missing"


@pytest.mark.parametrize("file", ["subuid", "subgid"])
def test_no_range(host: Path, file: str) -> None:
    (host / "etc" / file).write_text("other:100000:65536\n4242:1:100\n")
    assert check(host) == "no-subids"
    (host / "etc" / file).unlink()
    assert check(host) == "no-subids"


def test_ranges_from_a_directory_service(host: Path) -> None:
    (host / "etc/subuid").unlink()
    (host / "etc/nsswitch.conf").write_text("passwd: files\nsubid: sss\n")
    assert check(host) is None
    (host / "etc/nsswitch.conf").write_text("subid: files\n")
    assert check(host) == "no-subids"


@pytest.mark.parametrize(
    "setting", ["kernel/unprivileged_userns_clone", "user/max_user_namespaces"]
)
def test_the_kernel_forbids_it(host: Path, setting: str) -> None:
    (host / "proc/sys" / setting).write_text("0\n")
    assert check(host) == "no-user-namespaces"
    (host / "proc/sys" / setting).unlink()
    assert check(host) is None


def test_a_full_disk_is_seen_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished = process.Finished(("buildah", "commit"), 125, stderr=b"whatever")
    assert failures.explained(finished, tmp_path).id == "engine"
    monkeypatch.setattr(disk, "FEW_BYTES", 1 << 60)
    error = failures.explained(finished, tmp_path / "not/yet")
    assert error.id == "no-space"
    assert str(tmp_path) in error.report.hint
    assert error.output == "whatever"

"""Where a control group can be made, on hosts that are folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.errors import HostError
from rootbuild.execution import Resources
from rootbuild_oci import cgroup, namespace
from rootbuild_oci.cgroup import Host, Place

SLICE = "user.slice/user-1000.slice/user@1000.service"
APP = f"{SLICE}/app.slice"
MEMORY = Resources(memory=1)


def group(
    root: Path,
    path: str,
    has: str = "cpu memory",
    on: str = "",
    procs: str = "",
    foreign: bool = False,
) -> None:
    """A group of the hierarchy, which may be somebody else's."""
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    files = {"cgroup.controllers": has, "cgroup.subtree_control": on, "cgroup.procs": procs}
    for name, text in files.items():
        (folder / name).write_text(text)
    if foreign:
        (folder / "foreign").touch()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hierarchy as systemd makes it."""

    def access(path: Path, wanted: int) -> bool:
        folder = path if path.is_dir() else path.parent
        return path.exists() and not (folder / "foreign").exists()

    monkeypatch.setattr(os, "access", access)
    for above in ("", "user.slice", "user.slice/user-1000.slice"):
        group(tmp_path, above, "cpu cpuset memory", foreign=True)
    group(tmp_path, SLICE)
    group(tmp_path, APP)
    return tmp_path


def host(root: Path, own: str, *, bus: bool = False, user: int = 1000) -> Host:
    return Host(root, f"/{own}", bus, user)


def test_beside_our_own_group_where_it_is_delegated(root: Path) -> None:
    group(root, f"{APP}/run-1.scope", procs="12")
    found = cgroup.find(MEMORY, "id", host(root, f"{APP}/run-1.scope"))
    assert found == Place(f"/{APP}/id", "cgroupfs")


def test_in_our_own_group_where_nobody_is_or_all_is_on(root: Path) -> None:
    group(root, f"{APP}/run-1.scope", procs="12", on="memory")
    found = cgroup.find(MEMORY, "id", host(root, f"{APP}/run-1.scope"))
    assert found == Place(f"/{APP}/run-1.scope/id", "cgroupfs")


def test_without_controllers_any_writable_group_will_do(root: Path) -> None:
    wanted = Resources(cgroup_parent=f"/{APP}")
    group(root, f"{APP}/run-1.scope", procs="12")
    assert cgroup.find(wanted, "id", host(root, f"{APP}/run-1.scope")).path == f"/{APP}/id"


def test_systemd_makes_it_for_a_log_in_session(root: Path) -> None:
    own = "user.slice/user-1000.slice/session-3.scope"
    group(root, own, procs="12", foreign=True)
    assert cgroup.find(MEMORY, "id", host(root, own, bus=True)) == Place(
        "user.slice:rootbuild:id", "systemd"
    )
    given = Resources(memory=1, cgroup_parent="build.slice")
    assert cgroup.find(given, "id", host(root, own, bus=True)).path == "build.slice:rootbuild:id"
    with pytest.raises(HostError, match="controllers memory cannot be made by this user"):
        cgroup.find(MEMORY, "id", host(root, own))


def test_systemd_may_keep_controllers_to_itself(root: Path) -> None:
    own = "user.slice/user-1000.slice/session-3.scope"
    group(root, own, procs="12", foreign=True)
    with pytest.raises(HostError, match="does not let this user have the controllers cpuset"):
        cgroup.find(Resources(cpuset_cpus="0"), "id", host(root, own, bus=True))


def test_a_parent_that_is_somebody_else_s(root: Path) -> None:
    group(root, f"{APP}/run-1.scope", procs="12")
    wanted = Resources(memory=1, cgroup_parent="/user.slice")
    with pytest.raises(HostError, match=r"cannot be made below /user\.slice by this user"):
        cgroup.find(wanted, "id", host(root, f"{APP}/run-1.scope", bus=True))


def test_we_must_be_able_to_go_there(root: Path) -> None:
    """Who moves between two groups needs the one above both."""
    own = "user.slice/user-1000.slice/session-3.scope"
    group(root, own, procs="12", foreign=True)
    with pytest.raises(HostError, match="cannot be made below"):
        cgroup.find(Resources(cgroup_parent=f"/{APP}"), "id", host(root, own))


def test_other_kinds_of_control_groups(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="version 2 alone") as caught:
        cgroup.find(MEMORY, "id", host(tmp_path, ""))
    assert caught.value.id == "no-cgroup"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (Resources(cgroup_parent="/x"), ()),
        (Resources(memory=1), ("memory",)),
        (Resources(memory_swap=-1), ("memory",)),
        (Resources(cpu_shares=1), ("cpu",)),
        (Resources(cpu_quota=1, cpuset_mems="0"), ("cpu", "cpuset")),
    ],
)
def test_controllers(resources: Resources, expected: tuple[str, ...]) -> None:
    assert cgroup.needs_group(resources)
    assert cgroup.controllers(resources) == expected


def test_nothing_is_needed_for_nothing() -> None:
    assert not cgroup.needs_group(Resources())


def test_this_host() -> None:
    found = cgroup.this_host()
    assert found.own.startswith("/")
    assert found.user == namespace.user()


def test_a_group_that_nobody_entered_is_removed(tmp_path: Path) -> None:
    (tmp_path / "parent/id").mkdir(parents=True)
    cgroup.forget(Place("/parent/id", "cgroupfs"), tmp_path)
    cgroup.forget(Place("/parent/id", "cgroupfs"), tmp_path)
    assert list((tmp_path / "parent").iterdir()) == []

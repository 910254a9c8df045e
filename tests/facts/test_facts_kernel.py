"""Settings of the kernel, and control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.facts import cgroups, kernel
from rootbuild.facts.cgroups import Cgroups
from rootbuild.facts.kernel import Kernel


def test_settings(tmp_path: Path) -> None:
    for name, value in (("kernel/apparmor_restrict_unprivileged_userns", "1"), ("user/x", "2")):
        path = tmp_path / "proc/sys" / name
        path.parent.mkdir(parents=True)
        path.write_text(f"{value}\n")
    found = kernel.look(tmp_path)
    assert found.restricted
    assert found.value("user.max_user_namespaces") == ""
    assert found.first_port == 1024
    assert kernel.problem(found) is None


@pytest.mark.parametrize("name", ["kernel.unprivileged_userns_clone", "user.max_user_namespaces"])
def test_the_kernel_forbids_namespaces(name: str) -> None:
    problem = kernel.problem(Kernel(((name, "0"),)))
    assert problem is not None
    assert problem.id == "no-user-namespaces"
    assert problem.hint.startswith(f"sudo sysctl -w {name}=")


def test_the_first_port() -> None:
    assert Kernel((("net.ipv4.ip_unprivileged_port_start", "80"),)).first_port == 80


def cgroup_files(root: Path, files: dict[str, str]) -> Cgroups:
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return cgroups.look(root)


def test_version_2_and_what_is_delegated(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/user.slice/me\n")
    files = {
        "cgroup.controllers": "cpu memory pids\n",
        "user.slice/me/cgroup.procs": "1\n",
        "user.slice/me/cgroup.controllers": "memory pids\n",
    }
    found = cgroup_files(tmp_path, files)
    assert found == Cgroups("v2", ("cpu", "memory", "pids"), ("memory", "pids"))
    assert not found.refused_by_crun
    (tmp_path / "sys/fs/cgroup/user.slice/me/cgroup.procs").unlink()
    assert cgroups.look(tmp_path).delegated == ()


def test_older_layouts(tmp_path: Path) -> None:
    assert cgroups.look(tmp_path) == Cgroups("none")
    assert cgroup_files(tmp_path, {"memory/tasks": ""}) == Cgroups("v1")
    found = cgroup_files(tmp_path, {"unified/cgroup.controllers": "\n"})
    assert found == Cgroups("hybrid")
    assert not found.refused_by_crun
    found = cgroup_files(tmp_path, {"unified/cgroup.controllers": "hugetlb\n"})
    assert found == Cgroups("hybrid", ("hugetlb",))
    assert found.refused_by_crun

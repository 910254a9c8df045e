"""How a build runs is found by trying, remembered, and overruled by orders.

`make test` runs these on a usual host; with ROOTBUILD_HOST=unmended, on a bare one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.hosts import ENGINE, HELPER, RUNTIME, UNMENDED

pytestmark = pytest.mark.engine

# A way of the engine's own to run a step, and what shows that it was gone.
OWN_WAY, OWN_SIGN = {
    "buildah": ("chroot", "--isolation chroot"),
    "podman": ("podman", "info --format json"),
}[ENGINE]
BARE = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "touch", "/made"]\n'


def test_a_build_before_any_fixing(project: Project, new_home: dict[str, str]) -> None:
    """The first thing that a new user does, without any configuration."""
    project.write("busybox", Path("/bin/busybox").read_bytes(), 0o755)
    result = project.build(BARE, "-v", env=new_home)
    assert f"==> runtime: {RUNTIME} (found now" in result.stderr
    ordered = "ROOTBUILD_ENGINE" in os.environ
    why = "ordered by ROOTBUILD_ENGINE" if ordered else "the first that works here"
    assert f"==> engine: {ENGINE} ({why})" in result.stderr


def test_what_was_found_is_remembered(
    project: Project, engine_calls: Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]
) -> None:
    env, calls = engine_calls()
    dockerfile = "FROM diamol/base\nRUN cat /etc/resolv.conf\n"
    first = project.build(dockerfile, "-v", "--no-cache", env=env).stderr
    tried = len(calls())
    again = project.build(dockerfile, "-v", "--no-cache", env=env).stderr
    new = [call.split()[0] for call in calls()[tried:]]
    assert f"==> network-helper: {HELPER} (found now" in first
    assert f"==> network-helper: {HELPER} (found on " in again
    assert f"==> runtime: {RUNTIME} (found on " in again
    runs = [call for call in new if call in ("crun", "runc")]
    assert runs == [RUNTIME]
    assert new.count("slirp4netns") == (0 if UNMENDED else 1)
    assert "pasta" not in new


@pytest.mark.skipif(ENGINE != "buildah", reason="podman's own way is no other program")
def test_the_doctor_tries_each_isolation(
    project: Project, engine_calls: Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]
) -> None:
    env, calls = engine_calls()
    project.rootbuild("doctor", env=env, check=False)
    runs = [call for call in calls() if call.startswith("buildah run")]
    assert ["--isolation chroot" in run for run in runs] == [True, False]
    assert any(call.startswith(f"{RUNTIME} --root") for call in calls())


@pytest.mark.parametrize(
    ("options", "env"),
    [
        (("--isolation", OWN_WAY), {}),
        ((), {"ROOTBUILD_ISOLATION": OWN_WAY}),
    ],
)
def test_orders_are_kept(
    project: Project,
    engine_calls: Callable[[], tuple[dict[str, str], Callable[[], list[str]]]],
    options: tuple[str, ...],
    env: dict[str, str],
) -> None:
    path, calls = engine_calls()
    order = ("--network-helper", "host", *options)
    project.build("FROM diamol/base\nRUN true\n", "--no-cache", *order, env={**path, **env})
    # podman asks its helper of networks for its version.
    started = {call.split()[0] for call in calls() if call != "slirp4netns --version"}
    assert started <= {ENGINE, "skopeo"}
    assert any(OWN_SIGN in call for call in calls())


def test_a_runtime_that_is_ordered_and_refuses(project: Project, tmp_path: Path) -> None:
    """It is not replaced by another; the message has what it said."""
    refusing = tmp_path / "programs/crun"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho no, thanks >&2\nexit 1\n")
    refusing.chmod(0o755)
    result = project.build(
        "FROM diamol/base\nRUN true\n",
        *("--no-cache", "--runtime", "crun"),
        env={"PATH": f"{refusing.parent}:{os.environ['PATH']}"},
        check=False,
    )
    assert result.status == 1
    assert "no OCI runtime could start the step" in result.stderr
    assert "[runtime-failed]" in result.stderr


def test_a_failing_engine_is_explained(project: Project, tmp_path: Path) -> None:
    """buildah misses two entries of a storage.conf below XDG_CONFIG_HOME; it does not say where."""
    conf = tmp_path / "config/containers/storage.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text('[storage]\ndriver = "vfs"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}
    project.write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
    result = project.build(check=False, env=env)
    if result.status == 0:  # a newer buildah has defaults for them
        subprocess.run(["buildah", "unshare", "rm", "-rf", str(tmp_path / "data")], check=True)
        return
    assert "[storage-config-incomplete]" in result.stderr
    assert "runroot" in result.stderr

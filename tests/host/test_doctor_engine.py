"""The doctor on this very host, and builds on it before anything was mended.

`make test` runs these on a usual host; with ROOTBUILD_HOST=unmended, on a bare one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.build.builds import Project
from tests.hosts import HELPER, HYBRID, RUNTIME, UNMENDED
from tests.program import Rootbuild

pytestmark = pytest.mark.engine

BARE = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "touch", "/made"]\n'


def examine(
    rootbuild: Rootbuild, *options: str, env: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    result = rootbuild("doctor", "--json", *options, check=False, env=env)
    assert "Traceback" not in result.stderr
    return result.status, json.loads(result.stdout)


def levels(found: dict[str, Any]) -> dict[str, str]:
    return {finding["id"]: finding["level"] for finding in found["findings"]}


def test_the_truth_about_this_host(rootbuild: Rootbuild) -> None:
    status, found = examine(rootbuild)
    works, of = found["works"], levels(found)
    assert works["builds"] is True
    assert works["runtime"] == RUNTIME
    assert works["isolation"] == "oci"
    assert works["network_helper"] == HELPER
    assert (of["build"], of["container"]) == ("ok", "ok")
    assert of["subids"] == of["user-namespace"] == "ok"
    if HYBRID:
        assert (of["cgroups-hybrid"], of["crun-refuses"], of["runc"]) == ("note", "note", "ok")
    if UNMENDED:
        assert (status, found["healthy"]) == (1, False)
        assert works["containers"] == "without network"
        assert {id for id, level in of.items() if level == "broken"} == {
            *("no-tun-device", "container-network-fails")
        }
        assert (of["runtime-dir-unset"], of["no-fuse-device"]) == ("note", "note")
    else:
        assert (status, found["healthy"]) == (0, True)
        assert works["containers"] == "yes"
        assert of["tun-device"] == of["fuse-device"] == of["runtime-dir"] == "ok"


def test_fix_before_the_first_use(
    rootbuild: Rootbuild, new_home: dict[str, str], unique: Callable[..., str], tmp_path: Path
) -> None:
    """What it writes is what engines then go by: the image that is built is found by podman."""
    conf = Path(new_home["HOME"], ".config/containers/storage.conf")
    _, before = examine(rootbuild, env=new_home)
    assert levels(before)["storage-vfs"] == "weak"
    # Its own trials are not what decides about the store.
    assert not list(Path(new_home["HOME"]).glob("**/*-images"))
    _, after = examine(rootbuild, "--fix", env=new_home)
    assert f"wrote {conf}" in after["changed"]
    assert 'driver = "overlay"' in conf.read_text()
    assert after["works"]["storage_driver"].startswith("overlay")
    assert levels(after)["storage-driver"] == "ok"
    project = Project(rootbuild, tmp_path / "context", unique("image"))
    project.write("busybox", Path("/bin/busybox").read_bytes(), 0o755)
    project.build(BARE, env=new_home)
    shown = rootbuild(
        *("run", "--rm", "--network", "none", project.tag, "/bin/busybox", "ls", "/made"),
        env=new_home,
    )
    assert shown.stdout == "/made\n"


def test_without_a_home_in_the_environment(
    rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path
) -> None:
    """It is the same as with it, also inside of the user namespace."""
    project = Project(rootbuild, tmp_path / "context", unique("image"))
    project.write("busybox", Path("/bin/busybox").read_bytes(), 0o755)
    project.build(BARE, env={"HOME": "", "XDG_STATE_HOME": ""})
    _, usual = examine(rootbuild)
    _, found = examine(rootbuild, env={"HOME": ""})
    assert found["works"] == usual["works"]


@pytest.mark.parametrize("home", ["/usr", "/nope"])
def test_a_home_that_cannot_be_written(rootbuild: Rootbuild, home: str) -> None:
    status, found = examine(
        rootbuild, env={"HOME": home, "XDG_STATE_HOME": "", "XDG_CACHE_HOME": ""}
    )
    assert status == 1
    assert levels(found)["build-fails"] == "broken"


def test_the_current_folder_was_removed(rootbuild: Rootbuild, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'rmdir "{gone}"; exec "$@"'
    inside = Rootbuild(rootbuild.state, ("sh", "-c", script, "sh", *rootbuild.program))
    result = inside("build", ".", cwd=gone, check=False)
    assert result.status == 1
    assert "[dockerfile-missing]" in result.stderr
    gone.mkdir()
    assert "Traceback" not in inside("doctor", cwd=gone, check=False).stderr

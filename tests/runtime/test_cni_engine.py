"""Containers and networks once more, on podman with CNI instead of netavark."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

PLUGINS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
MODULE = Path(__file__).with_name("test_containers_engine.py")
BASE = "docker.io/diamol/base"
OTHERS = ("docker.io/diamol/openjdk", "docker.io/diamol/maven")
"""Which tests of engines want to see in the store; these do not use them."""


def _plugin(name: str) -> bool:
    return any((folder / name).exists() for folder in PLUGINS)


@pytest.fixture(scope="module")
def cni(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a podman of its own, whose networks are CNI's."""
    if not _plugin("bridge") or not _plugin("dnsname"):
        pytest.skip("the plugins of CNI are not installed")
    # Paths of sockets are below it, which may not be long.
    top = Path(tempfile.mkdtemp(prefix="rb-cni-"))
    config, data, run = top / "config", top / "data", top / "run"
    (config / "containers").mkdir(parents=True)
    data.mkdir()
    run.mkdir(mode=0o700)
    (config / "containers/storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{data}/store"\nrunroot = "{run}/store"\n'
    )
    conf = config / "containers/containers.conf"
    conf.write_text('[network]\nnetwork_backend = "cni"\n')
    environment = {
        **os.environ,
        "CONTAINERS_CONF": str(conf),
        "XDG_CONFIG_HOME": str(config),
        "XDG_DATA_HOME": str(data),
        "XDG_RUNTIME_DIR": str(run),
    }
    archive = tmp_path_factory.mktemp("base") / "base.tar"
    try:
        subprocess.run(["podman", "save", "--quiet", "-o", archive, BASE], check=True)
        subprocess.run(
            ["podman", "load", "--quiet", "-i", archive],
            env=environment,
            check=True,
            capture_output=True,
        )
        subprocess.run(["podman", "tag", BASE, *OTHERS], env=environment, check=True)
        yield environment
    finally:
        script = 'umount -l "$1/store/overlay"; rm -rf "$1"'  # podman mounts it on itself
        subprocess.run(["podman", "unshare", "sh", "-c", script, "sh", data], env=environment)
        _end_pause(run)
        shutil.rmtree(top, ignore_errors=True)


def _end_name_servers(run: Path) -> None:
    """End those of networks that are gone, which podman 4.3 leaves."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if b"dnsmasq" in (words := file.read_bytes()) and os.fsencode(run) in words:
                os.kill(int(file.parent.name), signal.SIGKILL)


def _end_pause(run: Path) -> None:
    """End the process that holds podman's namespace."""
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((run / "libpod/tmp/pause.pid").read_text()), signal.SIGKILL)


def test_the_networks_are_cni_s(cni: dict[str, str]) -> None:
    form = "{{.Host.NetworkBackend}}"
    said = subprocess.run(
        ["podman", "info", "--format", form], env=cni, check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == "cni"


def test_containers_and_networks(cni: dict[str, str], tmp_path: Path) -> None:
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/cni")
    done = subprocess.run(
        [sys.executable, *words, str(MODULE)],
        env=cni,
        capture_output=True,
        text=True,
        check=False,
        cwd=MODULE.parents[2],
    )
    _end_name_servers(Path(cni["XDG_RUNTIME_DIR"]))
    assert done.returncode == 0, done.stdout

"""What a process leaves in the root filesystem: its own files, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.backend import Backend
from rootbuild.testing.contract.containers import container, execute, listing, shell


class TraceContract:
    """Mount points, hosts and resolv.conf leave no trace."""

    def test_a_run_leaves_no_stubs(self, backend: Backend, base: str) -> None:
        """Mount points are gone, and folders that were there are as they were."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "etc").mkdir(exist_ok=True)
            os.utime(rootfs / "etc", (1000, 1000))
            before = listing(rootfs)
            code, _ = execute(backend, name, shell("cat /etc/resolv.conf /etc/hosts >/dev/null"))
            assert code == 0
            assert listing(rootfs) == before
            assert (rootfs / "etc").stat().st_mtime == 1000

    def test_what_a_step_writes_stays(self, backend: Backend, base: str) -> None:
        """Removal of stubs takes nothing that the step made."""
        with container(backend, base) as (name, rootfs):
            code, _ = execute(backend, name, shell("echo x >/etc/mine; mkdir -p /run/kept /empty"))
            assert code == 0
            assert (rootfs / "etc/mine").read_text() == "x\n"
            assert (rootfs / "run/kept").is_dir()
            assert (rootfs / "empty").is_dir()
            assert not (rootfs / "etc/resolv.conf").exists()

    @pytest.mark.parametrize("target", ["/outside/file", "../../../../../../../outside/file"])
    def test_hostile_links_lead_nowhere(
        self, backend: Backend, base: str, tmp_path: Path, target: str
    ) -> None:
        """A link in the image at a mount point is followed inside of the image only."""
        target = target.replace("/outside", str(tmp_path))
        with container(backend, base) as (name, rootfs):
            (rootfs / "etc").mkdir(exist_ok=True)
            for file in ("resolv.conf", "hosts"):
                (rootfs / "etc" / file).symlink_to(target)
            before = listing(rootfs)
            execute(backend, name, shell("true"))
            assert list(tmp_path.iterdir()) == []
            assert listing(rootfs) == before

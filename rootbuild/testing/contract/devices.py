"""Devices of the host, and the programs that make them ready."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.backend import Backend
from rootbuild.errors import HostError
from rootbuild.execution import Device, Hook
from rootbuild.records import replace
from rootbuild.testing.contract.containers import container, execute, listing, refused, shell

ZEROS = "head -c 3 {} | od -An -c | tr -d ' '"


class DeviceContract:
    """Device nodes, below /dev and elsewhere, and hooks of OCI runtimes.

    `device_folder` is false for an engine that puts nothing below /dev, `hooks` for one that runs
    no hooks; both must be refused then.
    """

    device_folder = True
    hooks = True

    def test_devices(self, backend: Backend, base: str) -> None:
        """They can be opened, under any name, and leave nothing."""
        zero = Path("/dev/zero")
        with container(backend, base) as (name, rootfs):
            before = listing(rootfs)
            elsewhere = replace(
                shell(ZEROS.format("/some/zeros")), devices=(Device(zero, "/some/zeros"),)
            )
            assert execute(backend, name, elsewhere) == (0, "\\0\\0\\0\n")
            below = replace(
                shell(ZEROS.format("/dev/some/zeros")), devices=(Device(zero, "/dev/some/zeros"),)
            )
            if self.device_folder:
                assert execute(backend, name, below) == (0, "\\0\\0\\0\n")
            else:
                refused(backend, name, below)
            assert listing(rootfs) == before

    def test_what_is_no_device(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """A file, and what is not there, are refused before anything runs."""
        (tmp_path / "file").touch()
        with container(backend, base) as (name, rootfs):
            for source in (tmp_path / "file", tmp_path / "gone"):
                command = replace(shell("touch /ran"), devices=(Device(source, "/dev/x"),))
                with pytest.raises(HostError) as caught:
                    execute(backend, name, command)
                assert caught.value.id == "no-such-device"
                assert not (rootfs / "ran").exists()

    def test_hooks(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """A program of the host runs before the process does; or the step is refused.

        It reads the container's state: crun takes one that does not for a failure, at times.
        """
        made = tmp_path / "made"
        hook = Hook("createRuntime", "/usr/bin/tee", ("tee", str(made)))
        command = replace(shell("true"), hooks=(hook,))
        with container(backend, base) as (name, _):
            if self.hooks:
                assert execute(backend, name, command)[0] == 0
            else:
                refused(backend, name, command)
        assert made.exists() == self.hooks

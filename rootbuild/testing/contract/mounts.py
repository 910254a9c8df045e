"""The tests of a step's mounts and secret variables; for pytest, as the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.backend import Backend, Bind, Memory
from rootbuild.errors import HostError
from rootbuild.records import replace
from rootbuild.testing.contract.containers import container, execute, listing, shell


class MountContract:
    """What a step is shown, and that nothing of it stays.

    `secret_variables` is false for an engine that cannot hide them; it must refuse then.
    """

    secret_variables = True

    def test_files_and_folders(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """Each is seen where it was wanted, and writes arrive only where that was wanted."""
        (tmp_path / "in").mkdir()
        (tmp_path / "in/file").write_text("content\n")
        (tmp_path / "out").mkdir()
        mounts = (
            Bind(tmp_path / "in", "/new/in"),
            Bind(tmp_path / "in/file", "/new/single"),
            Bind(tmp_path / "out", "/out", read_only=False),
        )
        script = (
            "cat /new/in/file /new/single; echo x >/out/made;"
            " echo y 2>&- >/new/in/file || echo refused; echo y 2>&- >/new/single || echo refused"
        )
        with container(backend, base) as (name, rootfs):
            before = listing(rootfs)
            code, text = execute(backend, name, replace(shell(script), mounts=mounts))
            assert listing(rootfs) == before
        assert (code, text) == (0, "content\ncontent\nrefused\nrefused\n")
        assert (tmp_path / "out/made").read_text() == "x\n"
        assert (tmp_path / "in/file").read_text() == "content\n"

    def test_what_is_held_open(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """A descriptor of ours leads to the same whatever happens to the name."""
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder/file").write_text("content\n")
        sources = (tmp_path / "folder", tmp_path / "folder/file")
        held = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source in sources]
        (tmp_path / "folder").rename(tmp_path / "moved")
        (tmp_path / "folder").symlink_to("/etc")
        mounts = (
            Bind(sources[0], "/in", read_only=False, descriptor=held[0]),
            Bind(sources[1], "/single", descriptor=held[1]),
        )
        command = replace(shell("cat /in/file /single; touch /in/new"), mounts=mounts)
        with container(backend, base) as (name, _):
            assert execute(backend, name, command) == (0, "content\ncontent\n")
        for descriptor in held:
            os.close(descriptor)
        assert (tmp_path / "moved/new").exists()

    def test_programs_in_a_mount(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """They can be executed, also as the step's command itself."""
        program = tmp_path / "program"
        program.write_text("#!/bin/busybox sh\necho ran\n")
        program.chmod(0o755)
        command = replace(shell(""), argv=("/tools/program",), mounts=(Bind(tmp_path, "/tools"),))
        with container(backend, base) as (name, _):
            assert execute(backend, name, command) == (0, "ran\n")

    def test_memory(self, backend: Backend, base: str) -> None:
        """A folder of the wanted size, which is gone afterwards."""
        mounts = (Memory("/tmp/deep/place", 65536), Memory("/plain"))  # noqa: S108
        script = (
            "grep -c 'tmpfs.*size=64k' /proc/mounts; cd /tmp/deep/place; echo x >small;"
            " dd if=/dev/zero of=large bs=1k count=100 2>&- || echo full; echo x >/plain/file"
        )
        with container(backend, base) as (name, rootfs):
            before = listing(rootfs)
            code, text = execute(backend, name, replace(shell(script), mounts=mounts))
            assert listing(rootfs) == before
        assert (code, text) == (0, "1\nfull\n")

    def test_mounts_on_what_is_there(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """What they hide is unharmed."""
        (tmp_path / "new").write_text("new\n")
        with container(backend, base) as (name, rootfs):
            (rootfs / "data").mkdir()
            (rootfs / "data/old").write_text("old")
            os.utime(rootfs / "data", (1000, 1000))
            before = listing(rootfs)
            command = replace(shell("ls /data"), mounts=(Bind(tmp_path, "/data"),))
            assert execute(backend, name, command) == (0, "new\n")
            assert listing(rootfs) == before
            assert (rootfs / "data").stat().st_mtime == 1000

    def test_secret_variables(self, backend: Backend, base: str) -> None:
        """They win over others, and are on no command line; or they are refused."""
        command = shell('echo "$KEY"; cat /proc/1/cmdline')
        command = replace(command, env=(*command.env, ("KEY", "plain")), secrets=(("KEY", "s3c"),))
        assert "s3c" not in repr(command)
        with container(backend, base) as (name, _):
            if not self.secret_variables:
                with pytest.raises(HostError) as caught:
                    execute(backend, name, command)
                assert "s3c" not in str(caught.value)
                return
            code, text = execute(backend, name, command)
        assert code == 0
        assert text.count("s3c") == 1
        assert text.startswith("s3c\n")

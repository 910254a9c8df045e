"""What a process is given, and what becomes of it and its output."""

from __future__ import annotations

import json
import os
import threading
import uuid

import pytest

from rootbuild.backend import Backend, Exec
from rootbuild.records import replace
from rootbuild.testing.contract.containers import HOME, PATH, container, execute, shell


class ExecutionContract:
    """One process: argv, environment, user, streams, exit code."""

    # Variables that a backend cannot help adding to a process' environment.
    added_env: frozenset[str] = frozenset()
    # Whether supplementary groups are what they are asked to be.
    supplementary_groups = True

    @pytest.mark.parametrize("code", [0, 1, 3, 125, 126, 127, 255])
    def test_exit_codes(self, backend: Backend, base: str, code: int) -> None:
        """The process' own exit code."""
        with container(backend, base) as (name, _):
            assert execute(backend, name, shell(f"exit {code}"))[0] == code

    def test_output_is_complete(self, backend: Backend, base: str) -> None:
        """Both streams to the last byte, each in its order."""
        with container(backend, base) as (name, _):
            code, text = execute(
                backend, name, shell("echo out; echo err >&2; seq 1 200000; printf end")
            )
        assert code == 0
        expected = "out\n" + "".join(f"{number}\n" for number in range(1, 200001)) + "end"
        assert text.replace("err\n", "", 1) == expected

    def test_output_is_streamed(self, backend: Backend, base: str) -> None:
        """The first line can be read while the process runs."""
        reading, writing = os.pipe()
        with container(backend, base) as (name, rootfs), os.fdopen(reading) as source:

            def run() -> None:
                with os.fdopen(writing, "wb") as output:
                    script = "echo first; while [ ! -e /go ]; do sleep 0.05; done; echo last"
                    backend.run(name, shell(script), output)

            thread = threading.Thread(target=run)
            thread.start()
            assert source.readline() == "first\n"
            (rootfs / "go").touch()
            assert "last\n" in source.read()
            thread.join()

    def test_environment_is_exactly_ours(self, backend: Backend, base: str) -> None:
        """Neither ours nor the image's variables leak into it."""
        config = json.loads(backend.config(base))
        config["config"] = {"Env": ["FROM_IMAGE=1"], "Labels": {"unique": uuid.uuid4().hex}}
        image = backend.create_image(json.dumps(config).encode())
        env = (PATH, HOME, ("A", "b=c d"), ("EMPTY", ""), ("NEWLINE", "x\ny"))
        command = Exec(("/bin/busybox", "env", "-0"), env=env, network="none")
        with container(backend, image) as (name, _):
            code, text = execute(backend, name, command)
        backend.remove([image])
        assert code == 0
        found = dict(item.split("=", 1) for item in text.split("\0") if "=" in item)
        assert {key: value for key, value in found.items() if key not in self.added_env} == (
            dict(env)
        )

    def test_working_directory(self, backend: Backend, base: str) -> None:
        """An absolute path in the container."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "some/where").mkdir(parents=True)
            command = replace(shell("pwd"), cwd="/some/where")
            assert execute(backend, name, command) == (0, "/some/where\n")

    def test_user_and_groups(self, backend: Backend, base: str) -> None:
        """Numbers as they are; files belong to them."""
        script = "id -u; id -g; id -G; echo x >/shared/file"
        with container(backend, base) as (name, rootfs):
            (rootfs / "shared").mkdir()
            (rootfs / "shared").chmod(0o777)
            command = replace(shell(script), uid=33, gid=44, groups=(55, 66))
            code, text = execute(backend, name, command)
            state = (rootfs / "shared/file").stat()
        uid, gid, groups = text.splitlines()[:3]
        assert (code, uid, gid) == (0, "33", "44")
        if self.supplementary_groups:
            assert set(groups.split()) == {"44", "55", "66"}
        assert (state.st_uid, state.st_gid, state.st_mode & 0o777) == (33, 44, 0o644)

    def test_root_may_give_files_away(self, backend: Backend, base: str) -> None:
        """Any owner can be had, and setuid programs keep their mode and their effect."""
        script = (
            "touch /given; chown 1234:5678 /given; cp /bin/busybox /suid; chmod 4755 /suid;"
            " grep NoNewPrivs /proc/self/status; grep ' / ' /proc/mounts"
        )
        with container(backend, base) as (name, rootfs):
            code, text = execute(backend, name, shell(script))
            given, suid = (rootfs / "given").stat(), (rootfs / "suid").stat()
        assert code == 0
        assert (given.st_uid, given.st_gid) == (1234, 5678)
        assert suid.st_mode & 0o7777 == 0o4755
        assert text.split()[:2] == ["NoNewPrivs:", "0"]
        assert "nosuid" not in text

    def test_no_standard_input(self, backend: Backend, base: str) -> None:
        """Whoever reads gets the end at once."""
        with container(backend, base) as (name, _):
            assert execute(backend, name, shell("cat; echo done")) == (0, "done\n")

    def test_a_missing_program(self, backend: Backend, base: str) -> None:
        """127 as a shell has it, and 126 for what is not executable."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "data").write_text("x")
            for argv, expected in ((("nowhere",), 127), (("/no/where",), 127), (("/data",), 126)):
                code, text = execute(backend, name, replace(shell(""), argv=argv))
                assert code == expected
                assert argv[0] in text

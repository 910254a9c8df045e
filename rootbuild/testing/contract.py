"""The tests that every backend passes; for pytest.

Subclass `StoreContract` and `RunContract`, and give them two fixtures: `backend`, used where its
containers can be mounted (inside what `enter` leads to), and `base`, the id of a stored image with
a busybox at /bin/busybox and nothing else of note.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rootbuild.backend import Backend, Exec
from rootbuild.errors import ImageNotFoundError

PATH = ("PATH", "/bin:/usr/bin")
HOME = ("HOME", "/")
UNKNOWN = "0" * 64
SHELL = ("/bin/busybox", "sh", "-c")


def fresh_name() -> str:
    """A container's name that nobody has."""
    return f"rootbuild-test-{uuid.uuid4().hex[:12]}"


@contextmanager
def container(backend: Backend, image: str | None) -> Iterator[tuple[str, Path]]:
    """A working container and its mounted root filesystem."""
    with backend.start(image, fresh_name()) as name, backend.mount(name) as rootfs:
        yield name, rootfs


def execute(backend: Backend, name: str, command: Exec) -> tuple[int, str]:
    """Run a command; its exit code and all that it printed."""
    with tempfile.TemporaryFile() as output:
        code = backend.run(name, command, output)
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def shell(script: str) -> Exec:
    """A command for busybox's shell, as root, with no network."""
    return Exec((*SHELL, script), env=(PATH, HOME), network="none")


def listing(rootfs: Path) -> dict[str, tuple[int, int, int, int]]:
    """Everything in a root filesystem: path -> mode, owner, group, size."""
    found = {}
    for parent, folders, files in os.walk(rootfs):
        for entry in (*folders, *files):
            path = Path(parent, entry)
            state = path.lstat()
            size = 0 if path.is_dir() else state.st_size
            key = str(path.relative_to(rootfs))
            found[key] = (state.st_mode, state.st_uid, state.st_gid, size)
    return found


class StoreContract:
    """Images, containers and their files."""

    def test_nothing_is_wrong_and_we_are_inside(self, backend: Backend) -> None:
        """The tests run where the backend works."""
        assert backend.check() is None
        assert backend.enter(("true",)) is None

    def test_an_id_is_the_digest_of_the_config(self, backend: Backend, base: str) -> None:
        """Ids are computed the same way everywhere."""
        assert base in {image.id for image in backend.images()}
        assert hashlib.sha256(backend.config(base)).hexdigest() == base

    def test_config_of_an_unknown_image(self, backend: Backend) -> None:
        """Callers tell a missing image by KeyError."""
        with pytest.raises(KeyError):
            backend.config(UNKNOWN)

    def test_changes_become_one_layer(self, backend: Backend, base: str) -> None:
        """What is written to the mounted root filesystem is in the image."""
        before = tuple(json.loads(backend.config(base))["rootfs"]["diff_ids"])
        with container(backend, base) as (name, rootfs):
            (rootfs / "new").write_text("content")
            layers = backend.commit(name)
        assert layers.diff_ids[:-1] == before
        assert tuple(json.loads(backend.config(layers.image))["rootfs"]["diff_ids"]) == (
            layers.diff_ids
        )
        with container(backend, layers.image) as (_, rootfs):
            assert (rootfs / "new").read_text() == "content"
            assert (rootfs / "bin/busybox").exists()
        backend.remove([layers.image])

    def test_a_further_commit_holds_all_changes(self, backend: Backend, base: str) -> None:
        """Each commit makes one layer of everything since the start."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "one").write_text("1")
            first = backend.commit(name)
            (rootfs / "two").write_text("2")
            second = backend.commit(name)
        assert len(first.diff_ids) == len(second.diff_ids)
        with container(backend, second.image) as (_, rootfs):
            assert (rootfs / "one").exists()
            assert (rootfs / "two").exists()
        with container(backend, first.image) as (_, rootfs):
            assert not (rootfs / "two").exists()
        backend.remove([first.image, second.image])

    def test_a_finished_image_has_a_config_and_names(self, backend: Backend, base: str) -> None:
        """The image has exactly that config, and takes its names from whoever had them."""
        names = [f"localhost/{fresh_name()}:1", f"localhost/{fresh_name()}:2"]
        before = json.loads(backend.config(base))
        given: list[bytes] = []

        def describe(diff_ids: tuple[str, ...]) -> bytes:
            config = {"OnBuild": ["RUN /no/such/program"], "Labels": {"unique": uuid.uuid4().hex}}
            rootfs = {"type": "layers", "diff_ids": list(diff_ids)}
            given.append(json.dumps({**before, "config": config, "rootfs": rootfs}).encode())
            return given[-1]

        images = []
        for _ in range(2):
            with container(backend, base) as (name, rootfs):
                (rootfs / "new").write_text(name)
                layers = backend.finish(name, describe, names)
            images.append(layers.image)
            assert backend.config(layers.image) == given[-1]
            assert tuple(json.loads(given[-1])["rootfs"]["diff_ids"]) == layers.diff_ids
        found = {image.id: set(image.names) for image in backend.images()}
        assert (found[images[0]], found[images[1]]) == (set(), set(names))
        with container(backend, images[1]) as (_, rootfs):
            assert (rootfs / "new").read_text() == name
        backend.remove(images)
        self.forget(backend, *names)

    def test_an_image_with_names(self, backend: Backend, base: str) -> None:
        """They are given together with the image."""
        names = {f"localhost/{fresh_name()}:1", f"localhost/{fresh_name()}:2"}
        config = json.loads(backend.config(base))
        config["config"] = {"Labels": {"unique": uuid.uuid4().hex}}
        image = backend.create_image(json.dumps(config).encode(), sorted(names))
        found = next(known for known in backend.images() if known.id == image)
        assert set(found.names) == names
        self.forget(backend, *names)

    def test_unchanged_container_can_be_committed(self, backend: Backend, base: str) -> None:
        """Nothing to keep is no error."""
        with container(backend, base) as (name, _):
            layers = backend.commit(name)
        assert layers.diff_ids
        backend.remove([layers.image])

    def test_an_image_has_exactly_its_config(self, backend: Backend, base: str) -> None:
        """History and every field of the config survive, and ONBUILD triggers do not run."""
        config = json.loads(backend.config(base))
        config["config"] = {
            "Env": ["A=1"],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000000, "Retries": 3},
            "OnBuild": ["RUN /no/such/program"],
            "Shell": ["/bin/busybox", "sh", "-c"],
            "Labels": {"unique": uuid.uuid4().hex},
            "StopSignal": "SIGUSR1",
        }
        config["history"] = [
            {"created": "2020-01-01T00:00:00Z", "created_by": "LAYER", "comment": "c"},
            {"created": "2020-01-01T00:00:00Z", "created_by": "ENV A=1", "empty_layer": True},
        ]
        blob = json.dumps(config, indent=1).encode()
        image = backend.create_image(blob)
        assert image == hashlib.sha256(blob).hexdigest()
        assert backend.config(image) == blob
        assert backend.create_image(blob) == image
        with container(backend, image) as (_, rootfs):
            assert (rootfs / "bin/busybox").exists()
        assert image in {known.id for known in backend.images()}
        backend.remove([image])

    def test_an_image_without_layers(self, backend: Backend) -> None:
        """FROM scratch with nothing but metadata."""
        content = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"unique": uuid.uuid4().hex}},
            "rootfs": {"type": "layers", "diff_ids": []},
        }
        blob = json.dumps(content).encode()
        image = backend.create_image(blob)
        assert backend.config(image) == blob
        with container(backend, image) as (_, rootfs):
            assert list(rootfs.iterdir()) == []
        backend.remove([image])

    def test_start_from_nothing(self, backend: Backend) -> None:
        """An empty root filesystem; its first layer is the only one."""
        with container(backend, None) as (name, rootfs):
            assert list(rootfs.iterdir()) == []
            (rootfs / "file").write_text("x")
            layers = backend.commit(name)
        assert len(layers.diff_ids) == 1
        backend.remove([layers.image])

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_a_container_ends_with_its_block(
        self, backend: Backend, base: str, error: type[BaseException]
    ) -> None:
        """Also when the block is interrupted: the name is free again."""
        name = fresh_name()
        with pytest.raises(error), backend.start(base, name), backend.mount(name) as rootfs:
            raise error
        assert not (rootfs / "bin/busybox").exists()
        with backend.start(base, name):
            pass

    def test_mounting_twice(self, backend: Backend, base: str) -> None:
        """The path is good until the outer block ends."""
        with container(backend, base) as (name, rootfs):
            with backend.mount(name) as again:
                assert again == rootfs
            assert (rootfs / "bin/busybox").exists()

    def test_a_tag_moves(self, backend: Backend, base: str) -> None:
        """A name belongs to one image."""
        name = f"localhost/{fresh_name()}:1"
        config = json.loads(backend.config(base))
        images = []
        for number in (1, 2):
            config["config"] = {"Labels": {"unique": uuid.uuid4().hex, "number": str(number)}}
            images.append(backend.create_image(json.dumps(config).encode()))
            backend.tag(images[-1], name)
        named = {image.id: image.names for image in backend.images()}
        assert named[images[0]] == ()
        assert named[images[1]] == (name,)
        backend.remove(images)
        left = {image.id for image in backend.images()}
        assert images[0] not in left
        assert images[1] in left
        self.forget(backend, name)

    def test_images_in_use_or_unknown_are_left_alone(self, backend: Backend, base: str) -> None:
        """Removal takes only what nobody needs."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "file").write_text("x")
            image = backend.commit(name).image
        with container(backend, image) as (_, rootfs):
            backend.remove([image, UNKNOWN])
            assert image in {known.id for known in backend.images()}
            assert (rootfs / "file").exists()
        backend.remove([image])
        assert image not in {known.id for known in backend.images()}

    def test_removal_leaves_the_images_below(self, backend: Backend, base: str) -> None:
        """A nameless image is kept when one that was made on top of it goes."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "below").write_text("x")
            below = backend.commit(name).image
        with container(backend, below) as (name, rootfs):
            (rootfs / "above").write_text("x")
            above = backend.commit(name).image
        backend.remove([above])
        left = {known.id for known in backend.images()}
        backend.remove([below])
        assert above not in left
        assert below in left

    def test_sweep(self, backend: Backend, base: str) -> None:
        """What a killed build left goes; unknown names are fine."""
        name = fresh_name()
        left = backend.start(base, name)
        left.__enter__()
        backend.sweep([fresh_name(), name])
        with backend.start(base, name):
            pass

    def test_pull_of_a_missing_image(self, backend: Backend) -> None:
        """Says which one, and what to do."""
        reference = f"localhost/{fresh_name()}:1"
        with pytest.raises(ImageNotFoundError) as caught:
            backend.pull(reference, "never", None)
        assert reference in caught.value.report.message

    def forget(self, backend: Backend, *names: str) -> None:
        """Take names away; the contract has no verb for that, so subclasses may."""


class RunContract:
    """Processes in containers."""

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

    def test_confinement(self, backend: Backend, base: str) -> None:
        """System calls are filtered; only root has capabilities, and few."""
        script = "grep -E '^(CapEff|CapBnd|Seccomp):' /proc/self/status"
        states = {}
        with container(backend, base) as (name, _):
            for uid in (0, 33):
                code, text = execute(backend, name, replace(shell(script), uid=uid, gid=uid))
                assert code == 0
                states[uid] = dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)
        sys_admin = 1 << 21
        assert states[0]["Seccomp"] == states[33]["Seccomp"] == "2"
        assert int(states[0]["CapEff"], 16) > 0
        assert not int(states[0]["CapBnd"], 16) & sys_admin
        assert int(states[33]["CapEff"], 16) == 0

    def test_hostname_and_hosts(self, backend: Backend, base: str) -> None:
        """The build's host name resolves, and so do names that were given."""
        command = replace(
            shell("hostname; cat /etc/hosts"),
            hostname="somebuild",
            hosts=(("other.example", "192.0.2.7"), ("six.example", "2001:db8::1")),
        )
        with container(backend, base) as (name, _):
            code, text = execute(backend, name, command)
        assert code == 0
        name_line, *lines = text.splitlines()
        assert name_line == "somebuild"
        known = {
            (name, words[0]) for line in lines if (words := line.split()) for name in words[1:]
        }
        assert {("localhost", "127.0.0.1"), ("somebuild", "127.0.0.1")} <= known
        assert {("other.example", "192.0.2.7"), ("six.example", "2001:db8::1")} <= known

    def test_networks(self, backend: Backend, base: str) -> None:
        """None has a loopback interface alone; the host's is the host's; both can be had."""
        seen = {}
        with container(backend, base) as (name, _), backend.session():
            for mode in ("none", "host", "default"):
                command = replace(shell("cat /proc/net/dev; ping -c1 -w2 127.0.0.1"), network=mode)
                _, text = execute(backend, name, command)
                seen[mode] = {
                    line.split(":")[0].strip()
                    for line in text.splitlines()
                    if ":" in line and "|" not in line and "bytes" not in line
                } - {"Error"}
        ours = {line.split(":")[0].strip() for line in _net_dev() if ":" in line}
        assert seen["none"] & (ours | {"tap0"}) == {"lo"}
        assert ours <= seen["host"]
        assert len(seen["default"]) > 1

    def test_no_standard_input(self, backend: Backend, base: str) -> None:
        """Whoever reads gets the end at once."""
        with container(backend, base) as (name, _):
            assert execute(backend, name, shell("cat; echo done")) == (0, "done\n")

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

    def test_a_missing_program(self, backend: Backend, base: str) -> None:
        """127 as a shell has it, and 126 for what is not executable."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "data").write_text("x")
            for argv, expected in ((("nowhere",), 127), (("/no/where",), 127), (("/data",), 126)):
                code, text = execute(backend, name, replace(shell(""), argv=argv))
                assert code == expected
                assert argv[0] in text

    def test_processes_end_with_the_first(self, backend: Backend, base: str) -> None:
        """What a step leaves in the background does not outlive it."""
        with container(backend, base) as (name, _):
            seconds = _unique_seconds()
            code, _ = execute(backend, name, shell(f"sleep {seconds} & exit 0"))
            assert code == 0
            assert not _processes(seconds)

    def test_an_interrupted_run_leaves_nothing(self, backend: Backend, base: str) -> None:
        """Neither a process, nor a mount point, and it does not take long."""
        seconds = _unique_seconds()
        with container(backend, base) as (name, rootfs):
            before = listing(rootfs)
            with _interrupt_when(lambda: bool(_processes(seconds))):
                with pytest.raises(KeyboardInterrupt):
                    execute(backend, name, shell(f"trap '' TERM; sleep {seconds}; true"))
                ended = time.monotonic()
            assert not _processes(seconds)
            assert listing(rootfs) == before
            assert execute(backend, name, shell("echo again")) == (0, "again\n")
        assert time.monotonic() - ended < 10

    def test_stop_from_another_thread(self, backend: Backend, base: str) -> None:
        """Ends what runs; `run` says that it was killed."""
        seconds = _unique_seconds()
        codes: list[int] = []
        with container(backend, base) as (name, _):
            script = shell(f"trap '' TERM; sleep {seconds}; true")
            thread = threading.Thread(
                target=lambda: codes.append(execute(backend, name, script)[0])
            )
            thread.start()
            _wait_for(lambda: bool(_processes(seconds)))
            backend.stop()
            thread.join(10)
            assert not thread.is_alive()
            assert not _processes(seconds)
        assert codes == [137]

    def test_two_at_once(self, backend: Backend, base: str) -> None:
        """Stages are built in parallel: each waits for a file that the other's run allows."""
        results: dict[int, tuple[int, str]] = {}
        with container(backend, base) as one, container(backend, base) as two, backend.session():
            script = "touch /here; while [ ! -e /go ]; do sleep 0.05; done; echo went"

            def work(index: int, name: str) -> None:
                results[index] = execute(backend, name, replace(shell(script), network="default"))

            threads = [
                threading.Thread(target=work, args=(index, name))
                for index, (name, _) in enumerate((one, two))
            ]
            for thread in threads:
                thread.start()
            _wait_for(lambda: all((rootfs / "here").exists() for _, rootfs in (one, two)))
            for _, rootfs in (one, two):
                (rootfs / "go").touch()
            for thread in threads:
                thread.join()
        assert results == {0: (0, "went\n"), 1: (0, "went\n")}


def _net_dev() -> list[str]:
    return Path("/proc/net/dev").read_text().splitlines()[2:]


def _unique_seconds() -> str:
    """An argument for sleep that no other process has."""
    return f"{1000 + uuid.uuid4().int % 1000000}.{uuid.uuid4().int % 1000000}"


def _processes(word: str) -> list[int]:
    """Processes of this host with an argument that contains `word` and that are not ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if words.startswith((b"sleep\0", b"/bin/busybox\0")) and word.encode() in words:
                found.append(int(entry.name))
    return found


def _wait_for(condition: object, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@contextmanager
def _interrupt_when(condition: object) -> Iterator[None]:
    """Send ourselves what Ctrl-C sends as soon as the condition holds."""

    def watch() -> None:
        _wait_for(condition)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()

"""The recording backend keeps the part of the contract that needs no processes."""

from pathlib import Path
from typing import IO

import pytest

from rootbuild.backend import Backend, Exec
from rootbuild.errors import EngineError
from rootbuild.testing import Call, RecordingBackend
from rootbuild.testing.contract import StoreContract
from rootbuild.testing.layouts import LayoutContract


@pytest.fixture
def backend() -> RecordingBackend:
    return RecordingBackend()


@pytest.fixture
def base(backend: RecordingBackend) -> str:
    return backend.add_image("docker.io/library/base:latest", {}, {"/bin/busybox": b"x"})


class TestRecordingStore(StoreContract):
    """The same tests as for real engines."""


class TestRecordingLayouts(LayoutContract):
    """Here too."""


def test_it_is_a_backend(backend: RecordingBackend) -> None:
    held: Backend = backend
    assert held.name == "recording"


def test_calls_are_kept_in_order(backend: RecordingBackend, base: str, tmp_path: Path) -> None:
    command = Exec(("x",))
    with backend.start(base, "n") as name, (tmp_path / "out").open("wb") as output:
        backend.run(name, command, output)
    assert backend.calls == [
        Call("start", (base, "n")),
        Call("run", ("n", command)),
        Call("end", ("n",)),
    ]
    assert backend.verbs() == ["start", "run", "end"]


def test_steps_are_a_function(base: str, backend: RecordingBackend, tmp_path: Path) -> None:
    def program(rootfs: Path, command: Exec, output: IO[bytes]) -> int:
        (rootfs / command.argv[0]).write_text("made")
        output.write(b"said")
        return 7

    backend.program = program
    with backend.start(base, "n") as name, backend.mount(name) as rootfs:
        with (tmp_path / "out").open("wb") as output:
            assert backend.run(name, Exec(("file",)), output) == 7
        assert (rootfs / "file").read_text() == "made"
    assert (tmp_path / "out").read_bytes() == b"said"


def test_it_fails_on_demand(backend: RecordingBackend, base: str) -> None:
    backend.fail_on("tag", EngineError("no", command="x", output=""), call=2)
    backend.tag(base, "one")
    with pytest.raises(EngineError):
        backend.tag(base, "two")
    backend.tag(base, "three")
    assert next(iter(backend.images())).names[-2:] == ("one", "three")


def test_equal_content_has_equal_layers(backend: RecordingBackend, base: str) -> None:
    found = []
    for name in ("a", "b"):
        with backend.start(base, name), backend.mount(name) as rootfs:
            (rootfs / "file").write_text("same")
            found.append(backend.commit(name).diff_ids)
    assert found[0] == found[1]

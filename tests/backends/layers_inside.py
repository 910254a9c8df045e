"""Layers that we write hold what buildah's own hold; run by test_buildah_contract inside."""

import contextlib
import hashlib
import os
import signal
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rootbuild import process
from rootbuild.backend import Exec
from rootbuild.errors import BuildError, HostError
from rootbuild.testing.contract import container, execute, fresh_name, shell
from rootbuild_buildah import BuildahBackend, answers
from rootbuild_oci import kernel, overlay
from rootbuild_oci.folder import diff_ids
from rootbuild_oci.overlays import Overlay
from rootbuild_oci.store import Store
from tests.backends.busybox_image import busybox_image
from tests.backends.layer_cases import CASES, Change, make_base, remove_below

OURS, THEIRS = BuildahBackend(), BuildahBackend(overlays=False)
SETTLED = 1_500_000_000


@dataclass(frozen=True)
class Entry:
    """What there is to know of a file; `links` are all names of it."""

    mode: int
    owner: tuple[int, int]
    time: int
    content: str
    links: tuple[bytes, ...]
    attributes: tuple[tuple[str, bytes], ...]


def look(rootfs: Path) -> dict[bytes, Entry]:
    """Everything below a root filesystem."""
    top = os.fsencode(rootfs)
    found = sorted(
        os.path.join(parent, name)
        for parent, folders, files in os.walk(top)
        for name in (*folders, *files)
    )
    names: dict[int, list[bytes]] = {}
    for path in found:
        names.setdefault(os.lstat(path).st_ino, []).append(os.path.relpath(path, top))
    return {os.path.relpath(path, top): _entry(path, names) for path in found}


def _entry(path: bytes, names: dict[int, list[bytes]]) -> Entry:
    status = os.lstat(path)
    content = ""
    if stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        content = os.fsdecode(os.readlink(path))
    seen = (name for name in os.listxattr(path, follow_symlinks=False) if "overlay" not in name)
    return Entry(
        status.st_mode,
        (status.st_uid, status.st_gid),
        status.st_mtime_ns // 10**9,
        content,
        () if stat.S_ISDIR(status.st_mode) else tuple(names[status.st_ino]),
        tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(seen)),
    )


def settle(rootfs: Path) -> None:
    """Give what was touched just now a time that does not depend on when that was."""
    recent = time.time() - 3600
    for parent, folders, files in os.walk(os.fsencode(rootfs), topdown=False):
        for name in (*files, *folders):
            path = os.path.join(parent, name)
            if recent < os.lstat(path).st_mtime < recent + 7200:
                os.utime(path, (SETTLED, SETTLED), follow_symlinks=False)


def kept(found: dict[bytes, Entry]) -> dict[bytes, Entry]:
    """Without sockets, empty attributes, and times before 1970 (but for those of links)."""
    return {
        name: replace(
            entry,
            time=entry.time if stat.S_ISLNK(entry.mode) else max(entry.time, 0),
            attributes=tuple(item for item in entry.attributes if item[1]),
        )
        for name, entry in found.items()
        if not stat.S_ISSOCK(entry.mode)
    }


def committed(backend: BuildahBackend, base: str | None, change: Change) -> str:
    with container(backend, base) as (name, rootfs):
        change(rootfs)
        settle(rootfs)
        assert isinstance(backend.builder.containers[name], Overlay) == (backend is OURS)
        return backend.commit(name).image


def seen(image: str) -> dict[bytes, Entry]:
    """What is in an image, as buildah mounts it."""
    with container(THEIRS, image) as (_, rootfs):
        return look(rootfs)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """An image of two layers, the upper of which hides something of the lower."""
    lower = committed(THEIRS, None, make_base)
    image = committed(THEIRS, lower, remove_below)
    yield image
    THEIRS.remove([image, lower])


@pytest.mark.parametrize("case", CASES)
def test_equal_to_buildahs(base: str, case: str) -> None:
    ours, theirs = (committed(backend, base, CASES[case]) for backend in (OURS, THEIRS))
    try:
        left, right = seen(ours), seen(theirs)
        assert left.keys() == right.keys()
        assert {name: (left[name], right[name]) for name in left if left[name] != right[name]} == {}
    finally:
        THEIRS.remove([ours, theirs])


@pytest.mark.parametrize("case", CASES)
def test_equal_to_the_container(base: str, case: str) -> None:
    """But for what no layer of this engine's holds (see `kept`), as the test above shows."""
    with container(OURS, base) as (name, rootfs):
        CASES[case](rootfs)
        settle(rootfs)
        there = look(rootfs)
        image = OURS.commit(name).image
    try:
        with container(OURS, image) as (_, rootfs):
            assert look(rootfs) == kept(there)
    finally:
        OURS.remove([image])


def test_the_same_changes_are_the_same_layer(base: str) -> None:
    def change(rootfs: Path) -> None:
        for name in sorted(CASES.keys() - {"new_files"}):
            if name not in ("removals", "replaced", "opaque", "moved"):
                CASES[name](rootfs)

    ours = [committed(OURS, base, change) for _ in range(2)]
    assert ours[0] == ours[1]
    OURS.remove(ours)


def test_the_root_folder_itself(base: str) -> None:
    """It is as in buildah's own containers."""
    for image in (base, None):
        states = []
        for backend in (OURS, THEIRS):
            with container(backend, image) as (_, rootfs):
                status = rootfs.stat()
                states.append((status.st_mode, status.st_uid, status.st_gid))
        assert states[0] == states[1]


def test_a_name_that_would_remove_another(base: str) -> None:
    with pytest.raises(BuildError) as caught:
        committed(OURS, base, lambda rootfs: (rootfs / "folder1/.wh.file").touch())
    assert caught.value.id == "layer-name"
    assert "/folder1/.wh.file" in str(caught.value)


def test_marks_made_by_a_step_steer_nothing(base: str) -> None:
    """Attributes that overlayfs would obey are not carried into the image."""

    def change(rootfs: Path) -> None:
        for name in ("user.overlay.opaque", "user.overlay.redirect"):
            try:
                os.setxattr(rootfs / "folder1", name, b"y")
            except OSError:
                return  # some kernels refuse it: even better

    image = committed(OURS, base, change)
    with container(THEIRS, image) as (_, rootfs):
        assert (rootfs / "folder1/inner/deep/file").read_text() == "deep"
    OURS.remove([image])


def test_what_steps_do() -> None:
    """Through a runtime, as other users, as one layer of several steps."""
    scripts = (
        "mkdir -p /a/b; echo 1 >/a/b/c; ln /a/b/c /hard; chown -R 12:34 /a; chmod 4711 /a/b/c",
        "rm -r /a; mkdir -p /a/b; echo 2 >/a/b/d",
        "rm /bin/busybox",
    )
    with busybox_image(THEIRS) as image:
        images = []
        for backend in (OURS, THEIRS):
            with container(backend, image) as (name, rootfs):
                for script in scripts:
                    assert execute(backend, name, shell(script))[0] == 0
                settle(rootfs)
                images.append(backend.commit(name).image)
        assert seen(images[0]) == seen(images[1])
        THEIRS.remove(images)


def test_many_layers(base: str) -> None:
    """As many as the mount can name; above that buildah's own containers do."""

    def add(number: int, rootfs: Path) -> None:
        (rootfs / f"{number}").touch()

    images = [base]
    for number in range(12):
        images.append(committed(OURS, images[-1], partial(add, number)))
    with container(OURS, images[-1]) as (_, rootfs):
        assert all((rootfs / str(number)).exists() for number in range(12))
    for image in reversed(images[1:]):
        OURS.remove([image])


def test_a_base_that_goes_away_fails_the_build() -> None:
    image = committed(OURS, None, lambda rootfs: (rootfs / fresh_name()).touch())
    with container(OURS, image) as (name, rootfs):
        (rootfs / "new").touch()
        assert OURS.builder.overlays.used() >= {image}
        THEIRS.builder.images.remove([image], frozenset())
        with pytest.raises(HostError) as caught:
            OURS.commit(name)
    assert caught.value.id == "image-removed"


def test_a_container_that_ends_while_another_is_committed(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its layers are closed then, which does not mean that they are gone."""
    intact = Overlay.intact
    with container(OURS, base) as (name, rootfs), contextlib.ExitStack() as other:
        other.enter_context(container(OURS, base))

        def ended_before(looked_at: Overlay) -> bool:
            other.close()
            return intact(looked_at)

        monkeypatch.setattr(Overlay, "intact", ended_before)
        (rootfs / fresh_name()).touch()
        OURS.remove([OURS.commit(name).image])


@pytest.mark.parametrize("backend", [OURS, THEIRS])
def test_an_image_that_is_gone_before_a_container_is_made(backend: BuildahBackend) -> None:
    with pytest.raises(HostError) as caught, backend.start("0" * 64, fresh_name()):
        pass
    assert caught.value.id == "image-removed"


def test_an_engine_that_ends_while_layers_are_mounted(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a mount away through which they were opened; they are opened once more."""
    opened, times = overlay.layers, iter([True, True])
    home = Store(answers).layer_folders(base, diff_ids(OURS.config(base)))
    assert home is not None
    store = home[0].parents[1]

    @contextlib.contextmanager
    def through_a_mount(folders: Sequence[Path]) -> Iterator[tuple[int, ...]]:
        with contextlib.ExitStack() as stack:
            if next(times, False):
                with kernel.bound(str(store), store):
                    found = stack.enter_context(opened(folders))
            else:
                found = stack.enter_context(opened(folders))
            yield found

    monkeypatch.setattr(overlay, "layers", through_a_mount)
    name = fresh_name()
    with OURS.start(base, name), OURS.mount(name) as rootfs:
        assert next(times, None) is None
        assert isinstance(OURS.builder.containers[name], Overlay)
        assert any(rootfs.iterdir())


def test_a_killed_build_whose_mounts_were_refused_leaves_neither_kind(base: str) -> None:
    name = fresh_name()
    script = (
        "import os, signal, sys\n"
        "from rootbuild_buildah import BuildahBackend\n"
        "from rootbuild_oci import overlay\n"
        "def refuse(*_, **__): raise OSError('refused')\n"
        "overlay.mount, backend = refuse, BuildahBackend()\n"
        "with backend.session(), backend.start(sys.argv[1], sys.argv[2]):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    finished = process.run([sys.executable, "-c", script, base, name], check=False)
    assert finished.status == -signal.SIGKILL, finished
    assert OURS.builder.overlays.has(name)
    assert name in (Store(answers).containers() or ())
    OURS.sweep([name])
    assert not OURS.builder.overlays.has(name)
    assert name not in (Store(answers).containers() or ())


def test_a_removal_is_not_stopped_with_the_build(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of a large container, while another stage has failed."""
    backend, name = BuildahBackend(overlays=False), fresh_name()
    call = process.call

    def stopped(command: Sequence[str], **options: Any) -> process.Finished:
        waiting = options.get("waiting")
        if waiting is not None and "rm" in command:
            return process.Finished(tuple(command), -signal.SIGTERM)
        return call(command, **options)

    with backend.session():
        monkeypatch.setattr(process, "call", stopped)
        with backend.start(base, name):
            assert name in (Store(answers).containers() or ())
            backend.builder.containers[name]._workers.large.add(name)  # type: ignore[union-attr]
        assert name not in (Store(answers).containers() or ())


def test_filters_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a step is filtered also when the filter was made before."""
    from rootbuild_oci import attempts

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    backend = BuildahBackend()
    used = backend.builder.ways.order()[0]
    kept = [path for path in (tmp_path / "rootbuild").glob("seccomp-*") if path.stat().st_size]
    assert len(kept) == (used == "crun")
    monkeypatch.setattr(attempts, "make_filter", lambda way, _: pytest.fail(f"{way} makes another"))
    command = Exec(("/bin/busybox", "grep", "Seccomp:", "/proc/self/status"), network="none")
    with busybox_image(THEIRS) as image, container(backend, image) as (name, _):
        assert execute(backend, name, command) == (0, "Seccomp:\t2\n")


def test_a_build_that_is_killed_while_it_tries_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container that waits for its start goes when killed builds are cleaned up after."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    way = BuildahBackend().builder.ways.order()[0]
    script = (
        "import os, signal, sys\n"
        "from rootbuild_buildah import fallback\n"
        "from rootbuild_oci import attempts, filters\n"
        "filters.keep = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "attempts.make_filter(sys.argv[1], fallback)\n"
    )
    finished = process.run([sys.executable, "-c", script, way], check=False)
    assert finished.status == -signal.SIGKILL
    folders = [tmp_path / "rootbuild" / part for part in ("bundles", "crun", "runc")]
    left = [path for folder in folders if folder.exists() for path in folder.iterdir()]
    assert len(left) == 2, "a bundle, and the runtime's state of it"
    BuildahBackend().sweep([])
    assert not any(path.exists() for path in left)

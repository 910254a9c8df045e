"""Mounts on `buildah run`'s command line, and what it cannot do."""

from pathlib import Path

import pytest

from rootbuild.backend import Bind, Exec, Memory, Mount
from rootbuild.errors import HostError
from rootbuild.execution import Device, Hook, Limits, Resources, Security
from rootbuild_buildah import argv
from rootbuild_oci import mounts, stubs


def test_options() -> None:
    command = Exec(
        ("a",),
        mounts=(
            Bind(Path("/h"), "/c"),
            Bind(Path("/h"), "/w", read_only=False),
            Memory("/m", 4096),
            Memory("/r", read_only=True),
        ),
        secrets=(("K", "s3c"),),
        devices=(Device(Path("/dev/zero"), "/d"),),
    )
    made = argv.run("n", command, (), (), (), ())
    options = [
        made[place + 1] for place, word in enumerate(made) if word in ("--volume", "--mount")
    ]
    assert options == [
        "/h:/c:ro",
        "/h:/w:rw",
        "type=tmpfs,destination=/m,tmpfs-size=4096",
        "type=tmpfs,destination=/r,ro",
        "/dev/zero:/d:rw",
    ]
    assert not any("s3c" in word for word in made)


@pytest.mark.parametrize(
    ("mount", "chroot"),
    [
        (Bind(Path("/a:b"), "/c"), False),
        (Bind(Path("/a"), "/c:d"), False),
        (Memory("/c,d"), False),
        (Bind(Path("/a"), "/dev/pipes"), True),
        (Memory("/dev/shm"), False),
    ],
)
def test_refused(mount: Mount, chroot: bool) -> None:
    with pytest.raises(HostError) as caught:
        mounts.refuse(Exec(("a",), mounts=(mount,)), chroot=chroot)
    assert caught.value.id == "needs-runtime"
    assert mount.target in str(caught.value)


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (Exec(("a",), security=Security(insecure=True)), "a step with --security=insecure"),
        (Exec(("a",), security=Security(no_new_privileges=True)), "without new privileges"),
        (Exec(("a",), security=Security(seccomp="unconfined")), "a choice of seccomp rules"),
        (Exec(("a",), limits=Limits(resources=Resources(memory=1))), "a limit on memory"),
        (Exec(("a",), hooks=(Hook("prestart", "/h"),)), "a device with hooks"),
        (Exec(("a",), devices=(Device(Path("/dev/fuse"), "/dev/fuse"),)), "a mount at /dev/fuse"),
    ],
)
def test_what_only_a_runtime_can_do(command: Exec, what: str) -> None:
    with pytest.raises(HostError) as caught:
        mounts.refuse(command, chroot=True)
    assert caught.value.id == "needs-runtime"
    assert what in str(caught.value)


def test_a_size_of_dev_shm_is_refused_but_in_chroot() -> None:
    """buildah mounts its own there as well, and which one is on top is left to chance."""
    command = Exec(("a",), limits=Limits(shm_size=1 << 20))
    with pytest.raises(HostError) as caught:
        mounts.refuse(command, chroot=False)
    assert caught.value.id == "needs-runtime"
    mounts.refuse(command, chroot=True)


def test_not_refused() -> None:
    command = Exec(("a",), mounts=(Bind(Path("/a"), "/dev/pipes"), Memory("/device")))
    mounts.refuse(command, chroot=False)
    mounts.refuse(Exec(("a",), mounts=(Memory("/device"),)), chroot=True)


def test_a_secret_s_value_is_not_in_the_refusal() -> None:
    with pytest.raises(HostError) as caught:
        mounts.refuse(Exec(("a",), secrets=(("NAME", "s3c"),)), chroot=False)
    assert "NAME" in str(caught.value)
    assert "s3c" not in str(caught.value)


def test_what_a_mount_covers(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/tools")
    given: tuple[Mount, ...] = (Memory("/tools"),)
    for path, covered in (("/tools/x", True), ("/link/x", True), ("/toolsmith", False)):
        assert mounts.covers(given, tmp_path, stubs.resolve(tmp_path, path)) is covered

"""Command lines, without running any."""

from pathlib import Path

import pytest

from rootbuild.backend import Exec
from rootbuild_buildah import argv
from rootbuild_oci import argv as shared

SHELL = Exec(("sh", "-c", "x"), env=(("A", "b c"),), cwd="/w", uid=1, gid=2)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (argv.unshare(("x", "-y")), "buildah unshare -- x -y"),
        (argv.working_container("n", None), "buildah from --quiet --name n scratch"),
        (argv.working_container("n", "abc"), "buildah from --quiet --name n abc"),
        (argv.remove_containers("n", "m"), "buildah rm n m"),
        (argv.mount("n"), "buildah mount n"),
        (argv.unmount("n"), "buildah umount n"),
        (
            argv.commit("n"),
            "buildah commit --quiet --format docker --disable-compression --omit-history n",
        ),
        (
            argv.load_folder(Path("/f")),
            "buildah pull --quiet --signature-policy /f/policy.json dir:/f",
        ),
        (
            shared.copy_folder(Path("/f"), "r/x:1"),
            "skopeo --policy /f/policy.json copy --quiet dir:/f containers-storage:r/x:1",
        ),
        (argv.pull("r/x:1", "always", None), "buildah pull --quiet --policy always r/x:1"),
        (
            argv.pull("127.0.0.1:5000/x:1", "always", None),
            "buildah pull --quiet --policy always --tls-verify=false 127.0.0.1:5000/x:1",
        ),
        (
            argv.pull("r/x:1", "missing", "linux/arm64"),
            "buildah pull --quiet --policy missing --platform linux/arm64 r/x:1",
        ),
        (argv.tag("i", "n:1", "m:2"), "buildah tag i n:1 m:2"),
        (argv.remove_image("i"), "buildah rmi i"),
        (
            shared.runtime_run("crun", Path("/r"), Path("/b"), "c"),
            "crun --root /r --log /b/log --log-format json --cgroup-manager disabled"
            " run --bundle /b --pid-file /b/pid --no-new-keyring c",
        ),
        (
            shared.runtime_run("runc", Path("/r"), Path("/b"), "c"),
            "runc --root /r --log /b/log --log-format json"
            " run --bundle /b --pid-file /b/pid --no-new-keyring c",
        ),
        (
            shared.runtime_run("crun", Path("/r"), Path("/b"), "c", "cgroupfs"),
            "crun --root /r --log /b/log --log-format json --cgroup-manager cgroupfs"
            " run --bundle /b --pid-file /b/pid --no-new-keyring c",
        ),
        (
            shared.runtime_run("runc", Path("/r"), Path("/b"), "c", "systemd"),
            "runc --root /r --log /b/log --log-format json --systemd-cgroup"
            " run --bundle /b --pid-file /b/pid --no-new-keyring c",
        ),
        (shared.remove_trees(Path("/f"), Path("/g")), "rm -rf -- /f /g"),
        (shared.runtime_delete("runc", Path("/r"), "c"), "runc --root /r delete --force c"),
    ],
)
def test_command_lines(made: tuple[str, ...], expected: str) -> None:
    assert " ".join(made) == expected


def test_run_keeps_words_whole() -> None:
    joined = ("--net=/proc/1/fd/2", "--mount=/proc/1/fd/3")
    how = ("--isolation", "chroot")
    made = argv.run("n", SHELL, how, joined, ["/h:/etc/hosts:ro"], ("CAP_KILL", "CAP_MKNOD"))
    assert made[:4] == ("nsenter", *joined, "buildah")
    assert made[made.index("--cap-add") + 1] == "CAP_KILL,CAP_MKNOD"
    assert made[made.index("--env") + 1] == "A=b c"
    assert made[made.index("--user") + 1] == "1:2"
    assert made[made.index("--isolation") + 1] == "chroot"
    assert made[made.index("--volume") + 1] == "/h:/etc/hosts:ro"
    assert made[-5:] == ("--", "n", "sh", "-c", "x")


def test_run_on_the_hosts_network_needs_no_other_namespace() -> None:
    made = argv.run("n", SHELL, (), (), [], ())
    assert made[:4] == ("buildah", "run", "--network", "host")
    assert "--isolation" not in made

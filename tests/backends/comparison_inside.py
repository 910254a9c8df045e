"""The same steps through the OCI runtime and by `buildah run`: what they see, what they leave."""

import os
from dataclasses import replace

import pytest

from rootbuild import process
from rootbuild.backend import Exec
from rootbuild.errors import EngineError
from rootbuild.testing.contract import container, execute, listing, shell
from rootbuild_buildah import BuildahBackend
from rootbuild_oci.steps import RUNTIMES, likeliest
from tests.backends.busybox_image import busybox_image

SCRIPTS = {
    "files": "mkdir -p /a/b; echo x >/a/b/c; ln -s c /a/b/d; ln /a/b/c /a/hard; chmod 4711 /a/b/c;"
    " chown 12:34 /a; touch -d @1000 /a/b/c; mkfifo /a/fifo",
    "removal": "rm /bin/busybox",
    "etc": "mkdir -p /etc; echo me >/etc/passwd; umask >/umask",
    "devices": "cat /dev/zero | head -c 3 >/zeros; cat /dev/null >/empty; : >/dev/stdout;"
    " [ -c /dev/tty ] &&"
    " [ -c /dev/random ] && [ -c /dev/full ] && [ -L /dev/fd ] && echo yes >/all",
}
# Each prints what must be the same whoever runs it.
VIEWS = {
    "status": "grep -E '^(Uid|Gid|Groups|Cap.*|NoNewPrivs|Seccomp.*|Umask|SigBlk|Spec.*|NSpid):'"
    " /proc/self/status",
    "identity": "cd /proc/self; cat uid_map gid_map setgroups oom_score_adj cgroup;"
    " set -- /proc/[0-9]*; echo $#",
    "mounts": "grep -E ' /(proc|dev|dev/.*|sys|proc/.*|sys/.*) ' /proc/mounts"
    " | cut -d' ' -f 2-3 | sort -u",
    "options": "grep -E ' (/|/proc|/dev|/dev/pts|/dev/mqueue) ' /proc/mounts"
    " | grep -oE ' /[a-z/]* |nosuid|nodev|noexec|[( ,]r[ow][,) ]' | sort | uniq -c",
    # On purpose: the number of open files is the user's, where buildah sets its own.
    "limits": "grep -v 'open files' /proc/self/limits",
    "devices": "cd /dev; stat -c '%n %F %a %u %g %t %T' . null zero full random urandom tty shm"
    " mqueue pts; find . -type b; find . -type c | grep -v pt | sort",
    "names": "hostname; pwd",
    "readonly": "(echo 1 >/proc/sys/kernel/hostname) 2>/dev/null; echo $?;"
    " cat /proc/kcore 2>/dev/null | head -c 1 | wc -c",
    "denied": "mount -t tmpfs x /mnt 2>/dev/null || echo refused; unshare -U true || echo refused",
}
REFERENCE = BuildahBackend(ways=("buildah",))


def runtimes() -> list[str]:
    return [way for way in RUNTIMES if process.find(way)]


@pytest.fixture(scope="module")
def base() -> object:
    with busybox_image(REFERENCE) as image:
        yield image


@pytest.fixture(params=runtimes())
def ours(request: pytest.FixtureRequest, base: str) -> BuildahBackend:
    backend = BuildahBackend(ways=(request.param,))
    try:
        with container(backend, base) as (name, _):
            execute(backend, name, shell("true"))
    except EngineError:
        if request.param == likeliest():
            raise
        pytest.skip(f"{request.param} does not work on this host")
    return backend


@pytest.mark.parametrize("script", SCRIPTS)
def test_they_leave_the_same_files(ours: BuildahBackend, base: str, script: str) -> None:
    left = []
    for backend in (ours, REFERENCE):
        with container(backend, base) as (name, rootfs):
            code, _ = execute(backend, name, shell(SCRIPTS[script]))
            contents = {
                path: (rootfs / path).read_bytes()
                for path, state in listing(rootfs).items()
                if state[0] & 0o170000 == 0o100000 and path != "bin/busybox"
            }
            left.append((code, listing(rootfs), contents))
    assert left[0] == left[1]


@pytest.mark.parametrize("ids", [(0, 0), (33, 44)])
@pytest.mark.parametrize("view", VIEWS)
def test_they_see_the_same(
    ours: BuildahBackend, base: str, view: str, ids: tuple[int, int]
) -> None:
    command: Exec = replace(shell(VIEWS[view]), uid=ids[0], gid=ids[1])
    seen = []
    for backend in (ours, REFERENCE):
        with container(backend, base) as (name, rootfs):
            (rootfs / "mnt").mkdir()
            _, text = execute(backend, name, command)
            seen.append([line for line in text.splitlines() if not line.startswith("Error: ")])
    if view == "status":
        # On purpose: what a program gets when it becomes root again is bounded by CapBnd alone.
        seen = [[line for line in lines if not line.startswith("CapAmb")] for lines in seen]
    assert seen[0] == seen[1]


def test_they_are_apart_from_the_same(ours: BuildahBackend, base: str) -> None:
    """Which namespaces are the host's: users are, as only root could be apart."""
    kinds = [name for name in os.listdir("/proc/self/ns") if not name.endswith("_for_children")]
    ask = "".join(f"readlink /proc/self/ns/{kind};" for kind in sorted(kinds))
    outside = [os.readlink(f"/proc/self/ns/{kind}") for kind in sorted(kinds)]
    for backend in (ours, REFERENCE):
        with container(backend, base) as (name, _):
            _, text = execute(backend, name, shell(ask))
        shared = {one for one in text.splitlines() if one in outside}
        assert {one.partition(":")[0] for one in shared} <= {"user", "time"}


def test_a_runtime_that_fails_gives_way_to_the_next(base: str) -> None:
    backend = BuildahBackend(ways=(*runtimes(), "chroot"))
    with container(backend, base) as (name, _):
        code, text = execute(backend, name, shell("echo fine"))
    assert code == 0
    assert text.endswith("fine\n")

"""`RUN --mount`, `--network` and scripts on a real engine."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

SECRET = "correct-horse-battery-staple"  # what must be found nowhere


@pytest.fixture(autouse=True)
def _no_caches_left(project: Project) -> Iterator[None]:
    """Files of caches may belong to users whom pytest cannot remove files of."""
    yield
    caches = project.rootbuild.state / "cache/rootbuild/mounts"
    subprocess.run(["buildah", "unshare", "rm", "-rf", str(caches)], check=True)


def everything(folder: Path) -> bytes:
    """The content of all files below a folder, one after the other."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_script_runs_by_its_own_interpreter(project: Project) -> None:
    project.build(
        "FROM diamol/base\n"
        "RUN <<PROGRAM\n#!/usr/bin/awk -f\n"
        'BEGIN { print "from awk" > "/out" }\n'
        "PROGRAM\n"
        "RUN <<-TABS\n#!/bin/sh\n\techo $0 >> /out\n\t(echo >$0) 2>&- || echo locked >>/out"
        "\n\tTABS\n"
    )
    assert project.run("cat", "/out") == "from awk\n/dev/pipes/TABS\nlocked\n"


def test_networks_of_single_steps(project: Project) -> None:
    text = "FROM diamol/base\nRUN --network={} cut -d: -f1 /proc/net/dev >/devices\n"
    project.build(text.format("none"))
    assert {"lo"} == {line.strip() for line in project.run("cat", "/devices").splitlines()[2:]} - {
        "tunl0",
        "ip6tnl0",
        "sit0",
    }
    refused = project.build(text.format("host"), check=False)
    assert "entitlement network.host is not allowed" in refused.stderr
    project.build(text.format("host"), "--allow", "network.host")
    ours = Path("/proc/net/dev").read_text().splitlines()[2:]
    seen = project.run("cat", "/devices")
    assert all(line.split(":")[0].strip() in seen for line in ours)


def test_a_tmpfs_has_its_size_and_leaves_nothing(project: Project) -> None:
    project.build(
        "FROM diamol/base\n"
        "RUN --mount=type=tmpfs,target=/new/place,size=64k"
        " grep ' /new/place tmpfs' /proc/mounts > /seen && echo x > /new/place/file\n"
        "RUN test ! -e /new\n"
    )
    assert "size=64k" in project.run("cat", "/seen")


def test_files_of_the_context(project: Project) -> None:
    project.write("folder/file", "one")
    project.write("folder/hidden", "never")
    project.write("other", "x")
    project.write(".dockerignore", "folder/hidden\n")
    text = (
        "FROM diamol/base\nWORKDIR /work\n"
        "RUN --mount=source=folder,target=place cat place/file > /seen;"
        " ls place >> /seen; touch place/new 2>/dev/null || echo read-only >> /seen\n"
        "RUN --mount=source=other,target=/single cat /single >> /seen\n"
        "RUN ls -a /work /single >> /seen 2>&1 || true\n"
    )
    project.build(text)
    seen = project.run("cat", "/seen")
    assert seen.startswith("onefile\nread-only\nx")
    assert "place" not in seen
    assert "/single: No such file" in seen
    project.write("folder/hidden", "changed")
    assert "DONE" not in steps(project.build(None).stderr)
    project.write("folder/file", "two")
    assert "DONE" in steps(project.build(None).stderr)
    assert project.run("cat", "/seen").startswith("two")


def steps(output: str) -> str:
    """What became of the RUN steps."""
    numbers = [line.split()[0] for line in output.splitlines() if "] RUN" in line]
    return "\n".join(
        line for line in output.splitlines() if line.split()[:1] and line.split()[0] in numbers
    )


def test_writes_to_a_bind_are_thrown_away(project: Project) -> None:
    project.write("folder/file", "one")
    project.build(
        "FROM diamol/base AS tools\n"
        "RUN mkdir -p /t/sub && echo tool > /t/file && chown 7:8 /t/file\n"
        "FROM diamol/base\n"
        "RUN --mount=source=folder,target=/c,rw --mount=from=tools,source=/t,target=/s,rw"
        " echo changed > /c/file && stat -c %u:%g /s/file > /seen && rm /s/file\n"
        "RUN --mount=source=folder,target=/c --mount=from=TOOLS,source=t,target=/s"
        " cat /c/file /s/file >> /seen\n"
    )
    assert project.run("cat", "/seen") == "7:8\nonetool\n"
    assert (project.folder / "folder/file").read_text() == "one"


def test_from_an_image_and_a_stage_that_must_be_built_first(project: Project) -> None:
    project.build(
        "FROM diamol/base AS unused\nRUN false\n"
        "FROM diamol/base AS made\nRUN echo made > /made\n"
        "FROM scratch AS empty\n"
        "FROM diamol/base\n"
        "RUN --mount=from=made,target=/m --mount=from=diamol/base,source=/bin,target=/b"
        " cp /m/made /seen && test -e /b/busybox\n"
    )
    assert project.run("cat", "/seen") == "made\n"


def test_a_cache_lasts_and_is_in_no_image(project: Project) -> None:
    text = (
        "FROM diamol/base\nARG N\n"
        "RUN --mount=type=cache,target=/cache,mode=0700,uid=12,gid=13"
        " echo $N >> /cache/log && cat /cache/log > /seen && stat -c %a:%u:%g /cache >> /seen\n"
        "RUN test ! -e /cache\n"
    )
    project.build(text, "--build-arg", "N=1")
    project.build(text, "--build-arg", "N=2")
    assert project.run("cat", "/seen") == "1\n2\n700:12:13\n"
    project.build(text, "--build-arg", "N=3", "--build-arg", "BUILDKIT_CACHE_MOUNT_NS=other")
    assert project.run("cat", "/seen").startswith("3\n700")
    project.build(text, "--build-arg", "N=4", "--no-cache")
    assert project.run("cat", "/seen").startswith("4\n700")


def test_what_a_cache_begins_with(project: Project) -> None:
    text = (
        "FROM diamol/base AS seed\nRUN mkdir /d && echo seed > /d/log\n"
        "FROM diamol/base\nARG N\n"
        "RUN --mount=type=cache,id=x,target=/cache,from=seed,source=/d"
        " echo $N >> /cache/log && cat /cache/log > /seen\n"
        "RUN --mount=type=cache,id=x,target=/other,from=seed,source=/d,ro"
        " cat /other/log >> /seen; touch /other/x 2>/dev/null || echo read-only >> /seen\n"
    )
    project.build(text, "--build-arg", "N=1")
    project.build(text, "--build-arg", "N=2")
    assert project.run("cat", "/seen") == "seed\n1\n2\nseed\n1\n2\nread-only\n"


MEETING = (
    "touch /c/$N; i=0;"
    " while [ ! -e /c/$((3 - N)) ] && [ $i -lt {} ]; do sleep 0.1; i=$((i + 1)); done;"
    " ls /c > /seen; {}"
)


@pytest.mark.parametrize(
    ("sharing", "patience", "seen"),
    [("locked", 20, {"1\n", "2\n"}), ("shared", 300, {"1\n2\n"})],
)
def test_two_builds_of_one_cache(
    project: Project, sharing: str, patience: int, seen: set[str]
) -> None:
    """Each leaves a file there and waits for the other's, which it sees, or never does."""
    project.write(
        "Dockerfile",
        f"FROM diamol/base\nARG N\nRUN --mount=type=cache,target=/c,sharing={sharing} "
        + MEETING.format(patience, "rm /c/$N" if sharing == "locked" else "true"),
    )
    tags = {number: f"{project.tag}-{number}" for number in (1, 2)}

    def build(number: int) -> None:
        options = ("--build-arg", f"N={number}", "-t", tags[number])
        project.rootbuild("image", "build", *options, str(project.folder))

    threads = [threading.Thread(target=build, args=(number,)) for number in tags]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = set()
    for tag in tags.values():
        command = ("container", "run", "--rm", "--network", "none", tag, "cat", "/seen")
        found.add(project.rootbuild(*command).stdout)
        project.rootbuild("image", "rm", tag)
    assert found == seen


def test_a_private_cache_is_a_fresh_one_while_another_is_used(project: Project) -> None:
    text = (
        "FROM diamol/base\nARG N\nRUN --mount=type=cache,target=/c,sharing=private"
        " echo $N >> /c/log; sleep 3; cat /c/log > /seen-$N\n"
    )
    project.write("Dockerfile", text)
    first = threading.Thread(target=project.build, args=(None, "--build-arg", "N=1"))
    first.start()
    time.sleep(1.5)
    other = project.rootbuild
    other("image", "build", "--build-arg", "N=2", "-t", f"{project.tag}-2", str(project.folder))
    first.join()
    seen = other("container", "run", "--rm", f"{project.tag}-2", "cat", "/seen-2").stdout
    other("image", "rm", f"{project.tag}-2")
    assert seen == "2\n"


def test_a_secret_is_seen_by_its_step_alone(project: Project) -> None:
    source = project.write("../secret", SECRET)
    text = (
        "FROM diamol/base\n"
        "RUN --mount=type=secret,id=one,required,mode=0440,uid=3,gid=4"
        " sha256sum /run/secrets/one > /seen && stat -c %a:%u:%g /run/secrets/one >> /seen &&"
        " awk '$2 == \"/run/secrets/one\" {print $3}' /proc/mounts >> /seen\n"
        "RUN --mount=type=secret,id=two,env=TWO --mount=type=secret,id=none,env=NONE"
        ' [ "$TWO" = correct-horse-$(echo battery)-staple ] && [ -z "${NONE+x}" ] && touch /two\n'
        'RUN [ -z "$TWO" ] && test ! -e /run/secrets\n'
    )
    result = project.build(
        text,
        *("--secret", f"id=one,src={source}", "--secret", "id=two,env=MY_SECRET"),
        env={"MY_SECRET": SECRET, "ROOTBUILD_DEBUG": "1"},
    )
    digest = subprocess.run(["sha256sum", source], capture_output=True, text=True, check=True)
    lines = project.run("cat", "/seen").splitlines()
    assert lines[0].split()[0] == digest.stdout.split()[0]
    assert lines[1:] == ["440:3:4", "tmpfs"]
    assert SECRET not in result.stderr + result.stdout
    assert SECRET not in str(project.inspect())
    assert SECRET.encode() not in everything(project.rootbuild.state)
    image = subprocess.run(["podman", "save", project.whole], capture_output=True, check=True)
    assert SECRET.encode() not in image.stdout
    # Another value, or none at all, is not another step.
    assert "DONE" not in steps(project.build(None).stderr)


def test_a_step_with_a_secret_is_not_run_again_for_a_later_one(project: Project) -> None:
    source = project.write("../secret", SECRET)
    text = (
        "FROM diamol/base\nRUN --mount=type=secret,id=s,required sha256sum /run/secrets/s >/seen\n"
    )
    project.build(f"{text}RUN true\n", "--secret", f"id=s,src={source}")
    project.build(f"{text}RUN touch /later\n")
    assert project.run("ls", "/later", "/seen") == "/later\n/seen\n"


def test_a_required_secret_that_is_missing(project: Project) -> None:
    text = "FROM diamol/base\nRUN --mount=type=secret,id=gone,required echo never\n"
    result = project.build(text, check=False)
    assert "secret gone: not found" in result.stderr
    assert "never" not in result.stderr.split("ERROR:")[0].split("] RUN")[-1].split("\n", 1)[1]


def test_no_trace_of_mounts_in_the_layer(project: Project) -> None:
    secret = project.write("../secret", SECRET)
    project.write("file", "x")
    project.build(
        "FROM diamol/base\n"
        "RUN --mount=source=file,target=/a/file --mount=type=cache,target=/b/cache"
        " --mount=type=tmpfs,target=/etc/deep/tmp --mount=type=secret,id=s"
        " --mount=type=secret,id=s,target=/top true\n",
        *("--secret", f"id=s,src={secret}", "--layers", "all"),
    )
    container = subprocess.run(
        ["podman", "create", project.whole], capture_output=True, text=True, check=True
    ).stdout.strip()
    history = project.inspect()["History"]
    layers = project.inspect()["RootFS"]["Layers"]
    subprocess.run(["podman", "rm", container], capture_output=True, check=True)
    assert SECRET not in str(history)
    assert len(layers) == len([entry for entry in history if not entry.get("empty_layer")])
    found = project.run("ls", "/", "/etc", "/run").split()
    assert not {"a", "b", "deep", "top", "secrets"} & set(found)


def test_an_agent_s_socket(project: Project) -> None:
    text = (
        "FROM diamol/base\nUSER 33:44\n"
        "RUN --mount=type=ssh,required,uid=33 stat -c %F:%a:%u:%g $SSH_AUTH_SOCK > /tmp/seen\n"
        'RUN --mount=type=ssh,id=other [ -z "$SSH_AUTH_SOCK" ]\nRUN test ! -e /run/buildkit\n'
    )
    place = Path(f"/tmp/rootbuild-test-agent-{os.getpid()}")
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place))
            project.build(text, "--ssh", f"default={place}")
    finally:
        place.unlink(missing_ok=True)
    assert project.run("cat", "/tmp/seen") == "socket:600:33:0\n"
    refused = project.build(None, "--no-cache", check=False)
    assert 'no SSH key "default" forwarded from the client' in refused.stderr


def test_the_cache_index_knows_no_secret(project: Project) -> None:
    source = project.write("../secret", SECRET)
    project.build(
        "FROM diamol/base\nRUN --mount=type=secret,id=s cat /run/secrets/s >/dev/null\n",
        *("--secret", f"id=s,src={source}"),
    )
    (path,) = project.rootbuild.state.rglob("cache.db")
    with sqlite3.connect(path) as database:
        assert SECRET not in "".join(database.iterdump())

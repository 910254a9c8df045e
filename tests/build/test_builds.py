"""Whole builds on a real engine, as a user would run them."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.hosts import ENGINE

pytestmark = pytest.mark.engine

CHAIN = """\
FROM diamol/base AS build-stage
RUN echo 'Building...' > /build.txt

FROM diamol/base AS test-stage
COPY --from=build-stage /build.txt /build.txt
RUN echo 'Testing...' >> /build.txt

FROM diamol/base
COPY --from=test-stage /build.txt /build.txt
CMD cat /build.txt
"""

UUID = "cat /proc/sys/kernel/random/uuid"
EngineCalls = Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]


def cached(output: str) -> list[str]:
    """The steps that were not run again."""
    return re.findall(r"#\d+ (\[.*)\n#\d+ CACHED", output)


def done(output: str) -> list[str]:
    """The steps that were run."""
    steps = re.findall(r"#\d+ (\[[^i\n].*)\n(?!#\d+ CACHED)", output)
    return [step for step in dict.fromkeys(steps) if "internal" not in step]


def test_three_chained_stages(project: Project) -> None:
    result = project.build(CHAIN)
    assert project.run() == "Building...\nTesting...\n"
    assert result.stdout == ""
    assert "[build-stage 2/2] RUN echo 'Building...' > /build.txt" in result.stderr
    assert "[test-stage 3/3] RUN echo 'Testing...' >> /build.txt" in result.stderr
    assert "[stage-2 2/2] COPY --from=test-stage /build.txt /build.txt" in result.stderr
    assert f"naming to {project.whole} done" in result.stderr


def test_nothing_to_do_starts_no_engine(project: Project, engine_calls: EngineCalls) -> None:
    project.build(CHAIN)
    before = project.id()
    env, calls = engine_calls()
    result = project.build(None, env=env)
    assert calls() == []
    assert len(cached(result.stderr)) == 7
    assert done(result.stderr) == []
    assert project.id() == before


def test_a_new_name_for_a_known_image_is_all_that_is_done(
    project: Project, engine_calls: EngineCalls, unique: Callable[..., str]
) -> None:
    project.build(CHAIN)
    env, calls = engine_calls()
    other = unique("other")
    project.build(None, "-t", f"{other}:1", env=env)
    assert [call.split()[:2] for call in calls()] == [[ENGINE, "tag"]]
    assert project.rootbuild("image", "inspect", f"{other}:1").status == 0


def test_an_edit_runs_only_what_depends_on_it(project: Project) -> None:
    project.write("one", "1")
    project.write("two", "2")
    text = (
        "FROM diamol/base AS a\nRUN date > /a\nCOPY one /one\n"
        "FROM diamol/base AS b\nCOPY two /two\nRUN cat /two > /b\n"
        "FROM diamol/base\nCOPY --from=a /one /one\nCOPY --from=b /b /b\n"
    )
    project.build(text, "--layers=all")
    project.write("two", "changed")
    steps = done(project.build(None, "--layers=all").stderr)
    assert steps == [
        "[b 2/3] COPY two /two",
        "[b 3/3] RUN cat /two > /b",
        "[stage-2 3/3] COPY --from=b /b /b",
    ]
    assert project.run("cat", "/one", "/b") == "1changed"


def test_an_equal_result_of_an_earlier_stage_changes_nothing_downstream(project: Project) -> None:
    project.write("source", "one")
    text = (
        "FROM diamol/base AS a\nCOPY source /source\nRUN echo same > /result\n"
        f"FROM diamol/base\nCOPY --from=a /result /result\nRUN {UUID} > /when\n"
    )
    project.build(text, "--layers=all")
    when = project.run("cat", "/when")
    project.write("source", "two")
    steps = done(project.build(None, "--layers=all").stderr)
    assert steps == ["[a 2/3] COPY source /source", "[a 3/3] RUN echo same > /result"]
    assert project.run("cat", "/when") == when


def test_what_was_not_worth_a_layer_is_done_again(project: Project) -> None:
    """Small steps share a layer; an edit may repeat them, and dear ones before them are kept."""
    project.write("file", "1")
    text = (
        "FROM diamol/base AS dear\nRUN sleep 1.2; echo x > /dear\nRUN echo y > /cheap\n"
        "FROM diamol/base\nCOPY --from=dear /dear /cheap /\nCOPY file /file\nRUN cat /file > /f\n"
    )
    project.build(text)
    layers = project.inspect()["RootFS"]["Layers"]
    told = [entry for entry in project.inspect()["History"] if not entry.get("empty_layer")]
    assert len(told) == len(layers)
    project.write("file", "2")
    steps = done(project.build(None).stderr)
    assert "[dear 2/3] RUN sleep 1.2; echo x > /dear" not in steps
    assert steps[-1] == "[stage-1 4/4] RUN cat /file > /f"
    assert project.run("cat", "/dear", "/cheap", "/f") == "x\ny\n2"


def test_every_step_is_a_layer_when_asked_for(project: Project) -> None:
    project.build("FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n", "--layers=all")
    assert len(project.inspect()["RootFS"]["Layers"]) == 2
    project.build(None, "--layers=auto")
    assert len(project.inspect()["RootFS"]["Layers"]) == 2
    project.build("FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /c\n", "--no-cache")
    assert len(project.inspect()["RootFS"]["Layers"]) == 1


def test_touching_a_file_changes_nothing(project: Project, engine_calls: EngineCalls) -> None:
    path = project.write("file", "x")
    project.build("FROM diamol/base\nCOPY file /file\n")
    path.touch()
    env, calls = engine_calls()
    project.build(None, env=env)
    assert calls() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("y"),
        lambda path: path.chmod(0o755),
        lambda path: (path.unlink(), path.symlink_to("other")),
        lambda path: path.rename(path.with_name("file2")),
    ],
    ids=["same size edit", "mode", "link", "name"],
)
def test_every_kind_of_change_is_seen(project: Project, change: Callable[[Path], object]) -> None:
    project.write("dir/other", "o")
    path = project.write("dir/file", "x")
    project.build("FROM diamol/base\nCOPY dir /dir\n")
    change(path)
    assert done(project.build(None).stderr) == ["[2/2] COPY dir /dir"]


def test_no_cache_runs_everything_again(project: Project) -> None:
    project.build(f"FROM diamol/base\nRUN {UUID} > /when\n")
    when = project.run("cat", "/when")
    assert done(project.build(None, "--no-cache").stderr) == [f"[2/2] RUN {UUID} > /when"]
    assert project.run("cat", "/when") != when


def test_no_cache_for_one_stage(project: Project) -> None:
    project.build(
        f"FROM diamol/base AS one\nRUN {UUID} > /when\nFROM diamol/base AS two\n"
        f"RUN {UUID} > /now\nFROM scratch\nCOPY --from=one /when /1\nCOPY --from=two /now /2\n",
        *("--layers", "all"),
    )
    again = project.build(None, "--layers", "all", "--no-cache-filter", "TWO")
    steps = [step for step in done(again.stderr) if "RUN" in step]
    assert steps == [f"[two 2/2] RUN {UUID} > /now"]
    assert done(project.build(None, "--layers", "all").stderr) == []


def test_a_removed_cache_image_is_built_again(project: Project) -> None:
    project.build("FROM diamol/base\nRUN echo > /a\nRUN echo > /b\n")
    project.rootbuild("image", "rm", project.tag)
    index = sqlite3.connect(project.rootbuild.state / "cache" / "rootbuild" / "cache.db")
    for (image,) in index.execute("SELECT image FROM steps"):
        subprocess.run(["buildah", "rmi", image], check=False, capture_output=True)
    index.close()
    assert len(done(project.build(None).stderr)) == 2


def test_only_what_the_target_needs_is_built(project: Project) -> None:
    text = (
        "FROM no.such.registry/broken AS never\nRUN false\n"
        "FROM diamol/base AS one\nRUN echo 1 > /n\n"
        "FROM diamol/base AS two\nRUN false\n"
    )
    result = project.build(text, "--target", "ONE")
    assert project.run("cat", "/n") == "1\n"
    assert "never" not in result.stderr


def test_a_rebuilt_stage_is_based_on_an_earlier_one(project: Project) -> None:
    project.build(
        "FROM diamol/base AS base\nENV A=1\nWORKDIR /w\nRUN echo b > base\n"
        "FROM base\nRUN echo $A $(pwd) $(cat base) > /out\n"
    )
    assert project.run("cat", "/out") == "1 /w b\n"


def test_copy_from_an_image_and_from_a_number(project: Project) -> None:
    project.build(
        "FROM scratch\nCOPY --from=diamol/base /etc/passwd /from-image\n"
        "FROM diamol/base\nCOPY --from=0 /from-image /a\nRUN cmp /a /etc/passwd\n"
    )
    assert project.run("cat", "/a").startswith("root:")


def test_the_image_says_what_the_dockerfile_says(project: Project) -> None:
    project.build(
        "FROM diamol/base\nARG V=1\nENV a=b c='d e'\nLABEL x=y\nEXPOSE 80 90/udp\nVOLUME /data\n"
        'USER 12:34\nWORKDIR /w\nSTOPSIGNAL SIGQUIT\nSHELL ["/bin/sh", "-e", "-c"]\n'
        'HEALTHCHECK --interval=5s CMD true\nENTRYPOINT ["echo"]\nCMD hello\nMAINTAINER me\n',
        *("--label", "given=1", "--build-arg", "V=2"),
    )
    image = project.inspect()
    config = image["Config"]
    assert [item for item in config["Env"] if not item.startswith("PATH=")] == ["a=b", "c=d e"]
    assert {"x": "y", "given": "1"}.items() <= config["Labels"].items()
    assert sorted(config["ExposedPorts"]) == ["80/tcp", "90/udp"]
    assert list(config["Volumes"]) == ["/data"]
    assert (config["User"], config["WorkingDir"]) == ("12:34", "/w")
    assert config["StopSignal"] == "SIGQUIT"
    assert config["Entrypoint"] == ["echo"]
    assert config["Cmd"] == ["/bin/sh", "-e", "-c", "hello"]
    assert image["Healthcheck"]["Test"] == ["CMD-SHELL", "true"]
    assert image["Author"] == "me"
    told = [entry.get("created_by", "") for entry in image["History"]]
    assert told[-13:] == [
        "ARG V=2",
        "ENV a=b c=d e",
        "LABEL x=y",
        "EXPOSE [80/tcp 90/udp]",
        "VOLUME [/data]",
        "USER 12:34",
        "WORKDIR /w",
        "STOPSIGNAL SIGQUIT",
        "SHELL [/bin/sh -e -c]",
        "HEALTHCHECK {Test:[CMD-SHELL true] Interval:5s Timeout:0s StartPeriod:0s "
        "StartInterval:0s Retries:0}",
        'ENTRYPOINT ["echo"]',
        'CMD ["/bin/sh" "-e" "-c" "hello"]',
        "MAINTAINER me",
    ]


def test_scratch_with_metadata_only_is_an_image_without_layers(project: Project) -> None:
    project.build('FROM scratch\nLABEL a=b\nCMD ["/x"]\n')
    image = project.inspect()
    assert not image["RootFS"]["Layers"]
    assert image["Config"]["Labels"] == {"a": "b"}


def test_a_run_s_world(project: Project) -> None:
    project.build(
        "FROM diamol/base\n"
        "RUN echo worker:x:1234:1234::/home/worker:/bin/sh >> /etc/passwd"
        " && echo extra:x:77:worker >> /etc/group && chmod 1777 /tmp\n"
        "ENV E=env\nARG A=arg\nWORKDIR /made/here\nUSER worker\n"
        "WORKDIR /made/by/worker\n"
        "RUN { id -u; id -G; pwd; echo $HOME $E $A; hostname; umask; } > /tmp/world\n"
        "RUN touch here\n"
        "USER root\n"
        "RUN stat -c '%u %g %a' /made/here /made/by /made/by/worker >> /tmp/world\n"
    )
    assert project.run("cat", "/tmp/world").splitlines() == [
        "1234",
        "1234 77",
        "/made/by/worker",
        "/home/worker env arg",
        "buildkitsandbox",
        "0022",
        "0 0 755",
        "1234 1234 755",
        "1234 1234 755",
    ]


def test_what_a_run_leaves_behind_is_what_it_wrote(project: Project) -> None:
    """No hosts, resolv.conf or mount points; and what lies below a VOLUME is kept."""
    mount_points = "/etc/hosts /etc/resolv.conf /etc/hostname /run/.containerenv /dev/pts"
    project.build(
        'FROM diamol/base AS bare\nRUN ["/bin/true"]\nVOLUME /data\n'
        "RUN mkdir -p /data && echo kept > /data/file\n"
        "FROM diamol/base\nCOPY --from=diamol/base / /base\nCOPY --from=bare / /all\n"
        f"RUN for f in {mount_points}; do"
        " test -e /base$f || test ! -e /all$f || echo $f; done > /left\n"
    )
    assert project.run("cat", "/left") == ""
    assert project.run("cat", "/all/data/file") == "kept\n"


def test_shell_heredocs_and_exec_form(project: Project) -> None:
    project.build(
        "FROM diamol/base\n"
        'SHELL ["/bin/sh", "-eu", "-c"]\n'
        "RUN <<EOF\necho one > /out\necho two >> /out\nEOF\n"
        "RUN cat <<A >> /out && cat <<'B' >> /out\nthree\nA\n$four\nB\n"
        'RUN ["/bin/sh", "-c", "echo five >> /out"]\n'
        "RUN cat 3<<-FD <&3 >> /out\n\tsix\n\tFD\n"
        "COPY <<EOF /hello\nhi $PATH\nEOF\n"
    )
    assert project.run("cat", "/out").split() == [*("one", "two", "three", "$four", "five", "six")]
    assert project.run("cat", "/hello").startswith("hi /usr/local/sbin:")


def test_copy_owner_mode_and_ignore(project: Project) -> None:
    project.write("tree/a", "a", 0o640)
    project.write("tree/secret", "s")
    project.write("tree/sub/tool", "t", 0o4755)
    project.write(".dockerignore", "**/secret\nDockerfile\n")
    project.build(
        "FROM diamol/base\nRUN echo owner:x:55:55::/:/bin/sh >> /etc/passwd\nCOPY . /all\n"
        "COPY --chown=owner --chmod=u=rw,go= tree/a /b/\nCOPY tree/*l* t?ee/a /c/\n"
    )
    listing = project.run("sh", "-c", "cd /all && find . -type f | sort; stat -c '%u %a' /b /b/a")
    assert listing.split("\n")[:5] == [
        "./.dockerignore",
        "./tree/a",
        "./tree/sub/tool",
        "55 600",
        "55 600",
    ]
    assert project.run("stat", "-c", "%u:%g %a", "/all/tree/a", "/all/tree/sub/tool") == (
        "0:0 640\n0:0 4755\n"
    )
    assert project.run("ls", "/c") == "a\n"


def test_quiet_prints_the_id_and_nothing_else(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "iid"
    result = project.build("FROM diamol/base\nRUN echo noise\n", "-q", "--iidfile", str(file))
    assert result.stdout == f"sha256:{project.id()}\n"
    assert result.stderr == ""
    assert file.read_text() == f"sha256:{project.id()}"


def test_dockerfile_from_standard_input(project: Project) -> None:
    project.write("file", "content")
    text = "FROM diamol/base\nCOPY file /file\nRUN echo more >> /file\n"
    project.build(None, "-f", "-", input=text)
    assert project.run("cat", "/file") == "contentmore\n"


def test_an_image_that_buildah_or_podman_built_is_found(
    project: Project, unique: Callable[..., str]
) -> None:
    name = unique("local")
    project.write("Dockerfile", "FROM scratch\nCOPY Dockerfile /d\n")
    project.build(f"FROM diamol/base\nCOPY --from=localhost/{name} /d /d\n", check=False)
    subprocess.run(
        ["buildah", "build", "-q", "-t", name, "-f", "-", str(project.folder)],
        input=b"FROM scratch\nCOPY Dockerfile /d\n",
        check=True,
        capture_output=True,
    )
    project.build(f"FROM diamol/base\nCOPY --from={name} /d /d\n")
    assert "COPY --from=" in project.run("cat", "/d")


def test_extra_hosts_and_network_none(project: Project) -> None:
    project.build(
        "FROM diamol/base\nRUN cat /etc/hosts > /h; grep -o '[a-z0-9]*:' /proc/net/dev > /n\n",
        *("--add-host", "db:10.1.2.3", "--network", "none"),
    )
    assert re.search(r"^10\.1\.2\.3\s+db$", project.run("cat", "/h"), re.MULTILINE)
    assert project.run("cat", "/n") == "lo:\n"

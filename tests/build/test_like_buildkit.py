"""Where buildah and BuildKit differ, a build does what BuildKit does: each row of that table."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.build.layers import entries, pushed

pytestmark = pytest.mark.engine

BASE = "FROM diamol/base\n"


def test_patterns_that_match_nothing(project: Project) -> None:
    project.build(f"{BASE}COPY *.none no/* /made/\nRUN test ! -e /made\n")
    failed = project.build(f"{BASE}COPY *.none none /made/\n", check=False)
    assert 'failed to calculate checksum of ref: "/none": not found' in failed.stderr


def test_patterns_that_match_something(project: Project) -> None:
    """Two stars are one, and a bracket is escaped by a bracket."""
    for name in ("app/[xyz]/f", "e/a/b/xsub/1.txt", "e/a/xsub/2.txt", "e/a/b/c/xsub/3.txt"):
        project.write(name, name)
    project.build(f"{BASE}COPY ./app/[[]xyz]/f /f\nCOPY e/**/**/*sub/*.txt /txt/\n")
    assert project.run("sh", "-c", "cat /f; echo; ls /txt").split() == ["app/[xyz]/f", "1.txt"]


def test_what_an_ignore_file_leaves(project: Project) -> None:
    """A directory of ignored files is one; what is taken back brings the way to it along."""
    for name in ("gone/a", "gone/b", "deep/er/kept/f", "deep/er/other", "deep/x", "file"):
        project.write(name, name)
    project.write(".dockerignore", "gone/*\ndeep\n!deep/er/kept\nfile\nDockerfile\n.dockerignore\n")
    project.build(f"{BASE}COPY gone /gone\nCOPY . /all\n")
    found = project.run("sh", "-c", "find /gone /all | sort")
    assert found.split() == [
        *("/all", "/all/deep", "/all/deep/er", "/all/deep/er/kept", "/all/deep/er/kept/f"),
        *("/all/gone", "/gone"),
    ]


def test_a_workdir_that_is_left_again_is_there(project: Project) -> None:
    project.build(f"{BASE}WORKDIR /foo/bar\nWORKDIR /\n")
    assert project.run("sh", "-c", "pwd; stat -c '%u %a' /foo /foo/bar") == "/\n0 755\n0 755\n"


def test_an_arg_wins_over_an_env_before_it_and_global_args_have_all_forms(
    project: Project,
) -> None:
    project.build(
        'ARG NAME=base\nARG IMAGE="diamol/${NAME:?has to be set}"\nFROM $IMAGE\n'
        "ENV E=env\nARG E=arg\nRUN echo $E >/e\nENV E=later\nRUN echo $E >>/e\n"
    )
    assert project.run("sh", "-c", "cat /e; echo $E").split() == ["arg", "later", "later"]
    failed = project.build("ARG X\nARG Y=${X:?unset}\nFROM diamol/base\n", check=False)
    assert 'failed to process "${X:?unset}": X: unset' in failed.stderr


def test_bits_of_the_mode_are_kept_and_attributes_of_users_dropped(
    project: Project, tmp_path: Path
) -> None:
    os.setxattr(project.write("suid", "s", 0o6755), "user.mine", b"x")
    os.setxattr(project.write("dir/sticky", "s", 0o1640), "user.mine", b"x")
    (project.folder / "dir").chmod(0o3777)
    with tarfile.open(project.folder / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("packed")
        entry.mode, entry.pax_headers = 0o4711, {"SCHILY.xattr.user.mine": "x"}
        archive.addfile(entry, io.BytesIO())
    project.build(
        "FROM diamol/base AS one\nCOPY suid /suid\nCOPY . /all\nADD a.tar /\n"
        f"{BASE}COPY --from=one /suid /packed /all/dir /to/\nCOPY --from=one /all /all\n"
    )
    with pushed(project.whole, tmp_path / "pushed") as layers:
        found = {name: entry for layer in layers[1:] for name, entry in entries(layer).items()}
    copied = [name for name in found if name.startswith(("to/", "all/dir"))]
    assert {name: oct(found[name].mode & 0o7777) for name in copied} == {
        "to/suid": "0o6755",
        "to/packed": "0o4711",
        "to/sticky": "0o1640",
        "all/dir": "0o3777",
        "all/dir/sticky": "0o1640",
    }
    assert not [name for name in found if "user.mine" in str(found[name].pax_headers)]


def test_below_a_volume_what_is_written_stays(project: Project) -> None:
    project.write("f", "copied")
    project.build(
        f"{BASE}VOLUME /data\nRUN mkdir -p /data/sub && echo run >/data/sub/r\nCOPY f /data/f\n"
        "RUN cat /data/sub/r /data/f >/seen\n"
    )
    assert project.run("cat", "/seen") == "run\ncopied"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("COPY --chmod=10000 f /f", "invalid chmod parameter: '10000'. it should be octal string"),
        ("RUN --mount=type=bind,target=/x,z true", "invalid field 'z' must be a key=value pair"),
        ("RUN --mount=type=cache,target=/x,Z true", "invalid field 'Z' must be a key=value pair"),
        ("RUN --mount=type=cache,target=/x,U true", "invalid field 'U' must be a key=value pair"),
        (
            "RUN --mount=type=tmpfs,target=/x,tmpcopyup true",
            "invalid field 'tmpcopyup' must be a key=value pair",
        ),
        (
            "RUN --mount=type=cache,target=/x,relabel true",
            "invalid field 'relabel' must be a key=value pair",
        ),
        ("ARG V=x\nCOPY --from=$V /a /a", "variable expansion is not supported for --from"),
        ("FROM diamol/base AS platform-arm/v7", "invalid name for build stage"),
        ("FROM diamol/base AS ${X}", "invalid name for build stage"),
        ("FROM 0", "docker.io/library/0:latest"),
        ("RUN mkdir /d\nCOPY f /x/d\nRUN mkdir -p /y/f\nCOPY f /y/", "cannot replace to directory"),
        ("RUN echo >/file\nCOPY dir /file", "cannot copy to non-directory: /file"),
        ("RUN mkdir /d && ln -s /etc /d/sub\nCOPY dir /d", "cannot copy to non-directory: /d/sub"),
    ],
)
def test_what_is_refused(project: Project, line: str, message: str) -> None:
    project.write("f", "f")
    project.write("dir/sub/f", "f")
    failed = project.build(f"{BASE}{line}\n", check=False)
    assert failed.status == 1
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr


def test_layers_and_their_history(project: Project, tmp_path: Path) -> None:
    """One for each instruction that changes files; the mount points of a RUN are in none."""
    project.write("f", "f")
    project.build(
        f"{BASE}ARG A=1\nRUN echo $A >/a\nWORKDIR /w\nWORKDIR /w\nCOPY f /f\nADD f /g\n"
        'WORKDIR /\nENV B=2\nRUN ["true"]\nCOPY --chown=1:2 --chmod=600 f /h\nSHELL ["sh", "-c"]\n'
        'HEALTHCHECK --interval=1m --retries=2 CMD ["x"]\nEXPOSE 1-2/udp\nCMD ["a", "b"]\n'
        "RUN <<E\ntrue\nE\nCOPY <<E /i\nx\nE\n",
        *("--layers", "all"),
    )
    told = [
        (line["created_by"], line["comment"], line.get("empty_layer", False))
        for line in project.inspect()["History"]
        if line.get("comment") == "buildkit.dockerfile.v0"
    ]
    assert {comment for _, comment, _ in told} == {"buildkit.dockerfile.v0"}
    assert [(text, empty) for text, _, empty in told] == [
        ("ARG A=1", True),
        ("RUN |1 A=1 /bin/sh -c echo $A >/a # buildkit", False),
        ("WORKDIR /w", False),
        ("WORKDIR /w", False),
        ("COPY f /f # buildkit", False),
        ("ADD f /g # buildkit", False),
        ("WORKDIR /", True),
        ("ENV B=2", True),
        ("RUN |1 A=1 true # buildkit", False),
        ("COPY --chown=1:2 --chmod=600 f /h # buildkit", False),
        ("SHELL [sh -c]", True),
        (
            "HEALTHCHECK {Test:[CMD x] Interval:1m0s Timeout:0s StartPeriod:0s StartInterval:0s "
            "Retries:2}",
            True,
        ),
        ("EXPOSE [1/udp 2/udp]", True),
        ('CMD ["a" "b"]', True),
        ("RUN |1 A=1 sh -c true\n # buildkit", False),
        ("COPY <<E /i # buildkit", False),
    ]
    with pushed(project.whole, tmp_path / "pushed") as layers:
        # The folder that mount points were in shows that it was touched, with its old times.
        names = [set(entries(layer)) - {"", "etc"} for layer in layers]
    assert names[-9:] == [
        *({"a"}, {"w"}, set(), {"f"}, {"g"}, set(), {"h"}, set(), {"i"}),
    ]


def test_what_only_dockers_format_has_is_kept(project: Project) -> None:
    project.build(f'{BASE}SHELL ["/bin/ash", "-c"]\nHEALTHCHECK CMD true\nSTOPSIGNAL 9\nCMD run\n')
    project.build(f"FROM {project.tag}\nLABEL a=b\n")
    image = project.inspect()
    assert image["Healthcheck"]["Test"] == ["CMD-SHELL", "true"]
    assert image["Config"]["Cmd"] == ["/bin/ash", "-c", "run"]
    assert image["Config"]["StopSignal"] == "9"
    project.build(f"FROM {project.tag}\nENTRYPOINT serve\n")
    assert project.inspect()["Config"]["Entrypoint"] == ["/bin/ash", "-c", "serve"]


def test_files_of_every_kind(project: Project, tmp_path: Path) -> None:
    """Links, holes, names that are no text, devices and owners of archives, through a stage."""
    first = project.write("tree/one", "linked")
    os.link(first, project.folder / "tree/two")
    with open(project.folder / "tree/holes", "wb") as sparse:
        sparse.truncate(64 << 20)
        sparse.write(b"begin")
    odd = os.fsencode(project.folder / "tree") + b"/\xff\xfe odd"
    Path(os.fsdecode(odd)).write_bytes(b"odd")
    with tarfile.open(project.folder / "a.tar", "w") as archive:
        for name, kind, owner in (
            ("dev", tarfile.CHRTYPE, 0),
            ("fifo", tarfile.FIFOTYPE, 0),
            ("owned", tarfile.REGTYPE, 54321),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.uid, entry.gid, entry.devmajor = kind, owner, owner + 1, 1
            archive.addfile(entry)
    project.build(
        f"FROM diamol/base AS one\nCOPY tree /tree\nADD a.tar /unpacked/\n"
        f"{BASE}COPY --from=one /tree /tree\nCOPY --from=one /unpacked /unpacked\n"
        "RUN cd /tree && test one -ef two && ls | wc -l && du -k holes | cut -f1 && ls /unpacked\n"
    )
    with pushed(project.whole, tmp_path / "pushed") as layers:
        found = {name: entry for layer in layers[1:] for name, entry in entries(layer).items()}
    assert found["tree/two"].linkname.endswith("tree/one")
    assert found["tree/holes"].size == 64 << 20
    assert found[os.fsdecode(b"tree/\xff\xfe odd")].size == 3
    assert (found["unpacked/owned"].uid, found["unpacked/owned"].gid) == (54321, 54322)
    assert "unpacked/dev" not in found
    assert "unpacked/fifo" not in found

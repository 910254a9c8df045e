"""Remote sources of ADD in a plan: what they are, in which order, and what goes into the key."""

from __future__ import annotations

import pytest

from rootbuild.errors import DockerfileError
from rootbuild.plan.steps import CopyStep
from rootbuild.remote.sources import GitSource, HttpSource
from tests.plan.test_planner import history, last

SHA = "sha256:" + "0" * 64
COMMIT = "a" * 40


def step(line: str) -> CopyStep:
    found = last(f"FROM x\n{line}").steps[-1]
    assert isinstance(found, CopyStep)
    return found


def test_sources_of_all_kinds_keep_their_order() -> None:
    readings = step("ADD a b https://h/u https://h/g.git#v1 c /d/").readings
    assert [(reading.remote, reading.paths) for reading in readings] == [
        (None, ("a", "b")),
        (HttpSource("https://h/u"), ("u",)),
        (GitSource("https://h/g.git", "v1"), (".",)),
        (None, ("c",)),
    ]


def test_variables_may_make_a_source_remote() -> None:
    found = step("ENV U=https://h/u S=" + SHA + "\nADD --checksum=$S $U /")
    assert found.remotes == (HttpSource("https://h/u", SHA),)


def test_flags_reach_git_sources() -> None:
    assert step(f"ADD --keep-git-dir --checksum={COMMIT} git@h:r#v1 /").remotes == (
        GitSource("git@h:r", "v1", checksum=COMMIT, keep_git_dir=True),
    )
    assert step("ADD https://h/r.git?keep-git-dir=1 /").remotes == (
        GitSource("https://h/r.git", keep_git_dir=True),
    )
    assert step("ADD --keep-git-dir=false git://h/r /").remotes == (
        GitSource("git://h/r", keep_git_dir=False),
    )


def test_unpacking() -> None:
    flags = [
        (found.unpack, found.unpack_remotes)
        for found in (
            step(f"ADD {flag} https://h/u a /") for flag in ("", "--unpack", "--unpack=false")
        )
    ]
    assert flags == [(True, False), (True, True), (False, False)]


def test_the_key_knows_the_name_and_not_where_it_came_from() -> None:
    one, other = step("ADD http://h/a/f /d/"), step(f"ADD --checksum={SHA} https://other/f?x /d/")
    assert one.definition == other.definition
    assert one.definition != step("ADD http://h/a/g /d/").definition
    assert one.definition != step("ADD f /d/").definition
    assert one.definition != step("ADD --unpack http://h/a/f /d/").definition


def test_history_has_the_urls() -> None:
    line = "ADD --chown=1 https://h/u?x=1 git@h:r#v1 a /d/"
    assert history(f"FROM x\n{line}")[-1] == f"{line} # buildkit"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("COPY http://x/y /", "source can't be a URL for COPY"),
        ("COPY https://x/y.git /", "source can't be a git ref for COPY"),
        ("COPY git@x:y /", "source can't be a git ref for COPY"),
        ("ADD --checksum=sha256:00 a /", "checksum requires HTTP(S) or Git sources"),
        ("ADD --checksum=sha256:00 a b /", "checksum can't be specified for multiple sources"),
        (
            f"ADD --checksum={SHA} http://x/y b /",
            "checksum can't be specified for multiple sources",
        ),
        ("ADD --checksum=sha256:00 http://x/y /", 'invalid checksum digest length: "sha256:00"'),
        ("ADD --checksum=abc git@h:r?checksum=abd /", 'checksum mismatch "abc" != "abd"'),
        ("ADD --keep-git-dir git@h:r?keep-git-dir=0 /", "inconsistent keep-git-dir configuration"),
        ("ADD https://x/y.git?tag=a&branch=b /", "branch conflicts with tag"),
    ],
)
def test_what_cannot_be(line: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        last(f"FROM x\n{line}")
    assert str(caught.value).startswith(message)
    assert caught.value.report.location is not None

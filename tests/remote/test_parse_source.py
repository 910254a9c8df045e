"""What a source is, and what its URL says. The cases are those of BuildKit's rules."""

from __future__ import annotations

import pytest

from rootbuild.errors import DockerfileError
from rootbuild.remote.parse import parse_remote, parse_source
from rootbuild.remote.sources import GitSource, HttpSource

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://h/foo.git", GitSource("https://h/foo.git")),
        ("https://h/foo.git#deadbeef", GitSource("https://h/foo.git", "deadbeef")),
        ("https://h/foo.git#release/1.2", GitSource("https://h/foo.git", "release/1.2")),
        ("https://h/foo.git#a/b:c/d", GitSource("https://h/foo.git", "a/b", "c/d")),
        ("https://h/foo.git#:dir", GitSource("https://h/foo.git", "", "dir")),
        ("http://h:8080/foo.git", GitSource("http://h:8080/foo.git")),
        ("HTTPS://h/foo.git", GitSource("https://h/foo.git")),
        ("git://h/foo", GitSource("git://h/foo")),
        ("ssh://git@h:22/foo", GitSource("ssh://git@h:22/foo")),
        ("git@h:a/b.git#main:sub", GitSource("git@h:a/b.git", "main", "sub")),
        ("git@h:a/b?ref=v1", GitSource("git@h:a/b", "v1")),
        (
            "https://h/d.git?ref=v1&subdir=/sub",
            GitSource("https://h/d.git", "v1", "/sub"),
        ),
        ("https://h/d.git?tag=v1", GitSource("https://h/d.git", "refs/tags/v1")),
        ("https://h/d.git?tag=refs/tags/v1", GitSource("https://h/d.git", "refs/tags/v1")),
        ("https://h/d.git?branch=b", GitSource("https://h/d.git", "refs/heads/b")),
        ("https://h/d.git?tag=v1#refs/tags/v1", GitSource("https://h/d.git", "refs/tags/v1")),
        (
            "https://h/d.git?checksum=abc&branch=b",
            GitSource("https://h/d.git", "refs/heads/b", checksum="abc"),
        ),
        (f"https://h/d.git?commit={COMMIT}", GitSource("https://h/d.git", COMMIT, "", COMMIT)),
        (
            "https://h/d.git?keep-git-dir&submodules=false&mtime=commit",
            GitSource("https://h/d.git", keep_git_dir=True, submodules=False, mtime="commit"),
        ),
        (
            "https://h/d.git?keep-git-dir=0&submodules=",
            GitSource("https://h/d.git", keep_git_dir=False),
        ),
        (
            f"https://h/d.git?ref=main&checksum={COMMIT}&fetch-by-commit=1",
            GitSource("https://h/d.git", "main", checksum=COMMIT, fetch_by_commit=True),
        ),
        ("https://h/", HttpSource("https://h/")),
        ("http://h/foo.git/", HttpSource("http://h/foo.git/")),
        ("https://h/foo.git.bar", HttpSource("https://h/foo.git.bar")),
        ("http://h/d.git:#branch", HttpSource("http://h/d.git:#branch")),
        ("http://[::1/x", HttpSource("http://[::1/x")),
        ("./.git", None),
        (".git", None),
        ("custom.xyz/moby/buildkit.git", None),
        ("github.com/moby/buildkit", None),
        ("ext::sh -c touch% /x", None),
        ("file:///srv/repo.git", None),
        ("ftp://h/f", None),
        ("a@b", None),
        ("src/http://h/f", None),
    ],
)
def test_sources(source: str, expected: object) -> None:
    assert parse_source(source) == expected


def test_contexts_may_leave_out_the_scheme_of_github() -> None:
    found = parse_source("github.com/moby/buildkit#v1:sub", context=True)
    assert found == GitSource("https://github.com/moby/buildkit", "v1", "sub")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?ref=a#b", 'ref conflicts: "b" vs "a"'),
        ("?tag=v1#refs/heads/main", 'ref conflicts: "refs/heads/main" vs "refs/tags/v1"'),
        ("?subdir=a#:b", 'subdir conflicts: "b" vs "a"'),
        ("?tag=a&branch=a", "branch conflicts with tag"),
        ("?ref=a&ref=b", 'query "ref" has multiple values'),
        ("?ref=", 'query "ref" has no value'),
        ("?depth=1", 'unexpected query "depth"'),
        ("?keep-git-dir=yes", 'invalid keep-git-dir value: "yes"'),
        ("?submodules=no", 'invalid submodules value: "no"'),
        ("?fetch-by-commit=2", 'invalid fetch-by-commit value: "2"'),
        ("?mtime=now", 'invalid mtime value: "now"'),
        ("?ref=main&checksum=abc&fetch-by-commit=1", "needs checksum to be a full commit hash"),
        ("#--upload-pack=touch /x", "invalid git ref"),
        ("?ref=a:refs/heads/b", "invalid git ref"),
        ("#main*", "invalid git ref"),
        ("#a..b", "invalid git ref"),
    ],
)
def test_conflicts_and_mistakes(query: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_source(f"https://h/d.git{query}")
    assert message in caught.value.report.message


@pytest.mark.parametrize(
    "source",
    [
        "ssh://-oProxyCommand=touch/x",
        "ssh://git@-oProxyCommand=x/y",
        "ssh://-oProxyCommand=x@h/y",
        "git@-host:path",
        "git@host:-path",
        "git://h/--option",
        "ssh:///path",
        "https://u:secret@/foo.git",
    ],
)
def test_what_a_program_could_take_for_an_option_is_refused(source: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_source(source)
    assert "invalid git URL" in caught.value.report.message
    assert "secret" not in caught.value.report.message


def test_urls_of_submodules() -> None:
    assert parse_remote("https://h/x") == GitSource("https://h/x")
    assert parse_remote("git@h:x") == GitSource("git@h:x")
    for refused in ("/srv/x", "file:///srv/x", "ext::sh -c x", "x", "-c", "h:x"):
        assert parse_remote(refused) is None, refused


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://h/a/b.txt", "b.txt"),
        ("http://h/a/b.txt?x=1#y", "b.txt"),
        ("http://h/a/", "a"),
        ("http://h/b%20c", "b c"),
        ("http://h/", "__unnamed__"),
        ("http://h", "__unnamed__"),
        ("http://h/a/..", "__unnamed__"),
        ("http://h/a%2F..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("http://h/a%00b", "__unnamed__"),
    ],
)
def test_file_names(url: str, name: str) -> None:
    assert HttpSource(url).name == name


def test_what_messages_show() -> None:
    assert HttpSource("https://user:secret@h/f").shown == "https://xxxxx@h/f"
    assert GitSource("https://secret@h/f.git").shown == "https://xxxxx@h/f.git"
    assert GitSource("git@h:f").shown == "git@h:f"


def test_commits_that_are_known_without_asking() -> None:
    assert GitSource("x", COMMIT).commit == COMMIT
    assert GitSource("x", "main").commit is None
    assert GitSource("x", "main", checksum=COMMIT).commit is None
    assert GitSource("x", "main", checksum=COMMIT, fetch_by_commit=True).commit == COMMIT

"""COPY --exclude and --parents."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild.context.directory import DirectoryContext
from rootbuild.dockerfile.ignore import Matcher
from rootbuild.errors import BuildError, ContextError
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

Copy = Callable[..., None]

FILES = (
    "a/b/c/d/foo",
    "a/b/c/d/e/bay",
    "a/b2/c/d/e/bar",
    "a/b/c2/d/e/baz",
    "a/b/c2/d/e2/baz",
    "hom.txt",
    "home.md",
    "dir/x.txt",
    "dir/x.md",
    "dir/sub/y.txt",
    "dir/sub/y.md",
    "dir/txt/z",
)


@pytest.fixture(autouse=True)
def _files(source: Path) -> None:
    for name in FILES:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def files(root: Path) -> set[str]:
    """Files, and directories without any."""
    return {
        str(path.relative_to(root)) + ("/" if path.is_dir() else "")
        for path in root.rglob("*")
        if not path.is_dir() or not any(path.iterdir())
    }


@pytest.mark.parametrize(
    ("source_names", "excludes", "expected"),
    [
        (["dir"], ["*.txt"], {"x.md", "sub/y.txt", "sub/y.md", "txt/z"}),
        (["dir/"], ["**/*.txt"], {"x.md", "sub/y.md", "txt/z"}),
        (["dir"], ["sub"], {"x.txt", "x.md", "txt/z"}),
        (["dir"], ["sub/"], {"x.txt", "x.md", "txt/z"}),
        (["dir"], ["sub/*"], {"x.txt", "x.md", "txt/z", "sub/"}),
        (["dir"], ["dir/x.txt"], {"x.txt", "x.md", "sub/y.txt", "sub/y.md", "txt/z"}),
        (["dir"], ["**", "!sub/y.md"], {"sub/y.md"}),
        (["dir"], ["*", "!*.md"], {"x.md"}),
        (["dir"], ["*"], set()),
        (["hom*"], ["*.txt"], {"home.md"}),
        (["hom*"], ["*.txt", "*.md"], set()),
        (["hom.txt", "home.md"], ["*.txt"], {"home.md"}),
        (["di*"], ["di*"], {"x.txt", "x.md", "sub/y.txt", "sub/y.md", "txt/z"}),
        (["dir/*"], ["y.*"], {"x.txt", "x.md", "z"}),
        (["."], ["a", "hom*", "dir/[st]*"], {"dir/x.txt", "dir/x.md"}),
    ],
)
def test_exclude(
    cp: Copy, target: Path, source_names: list[str], excludes: list[str], expected: set[str]
) -> None:
    cp(*source_names, "/d/", excludes=excludes)
    assert files(target / "d") - {"./"} == expected


def test_a_source_of_which_nothing_is_left_is_a_directory_all_the_same(
    cp: Copy, target: Path
) -> None:
    cp("di*", "/d", excludes=["*"])
    assert files(target) == {"d/"}


def test_exclude_adds_to_what_is_ignored(source: Path) -> None:
    matcher = Matcher(("**/*.md", "!dir/sub/y.md"))
    with DirectoryContext(source, matcher) as context:
        found = select(context, ["dir"], excludes=["x*", "txt"])
        names = {"/".join((*where, node.name)) for where, node in found.chosen[0].walk()}
    assert names == {"sub", "sub/y.md", "sub/y.txt"}


PARENTS = [
    (["a/b/c/d/foo"], {"a/b/c/d/foo"}),
    (["/a/b/./c/d"], {"c/d/foo", "c/d/e/bay"}),
    (["/a/b/c/d/."], {"a/b/c/d/foo", "a/b/c/d/e/bay"}),
    (["./a/b/c/d"], {"a/b/c/d/foo", "a/b/c/d/e/bay"}),
    (["/a/./b/./c"], {"b/c/d/foo", "b/c/d/e/bay"}),
    (["/a/./*/c"], {"b/c/d/foo", "b/c/d/e/bay", "b2/c/d/e/bar"}),
    (["/a/b*/./c/**/e"], {"c/d/e/bay", "c/d/e/bar"}),
    (["/a/b/c*/./d/**/baz", "/a/b*/./c/**/bar"], {"d/e/baz", "d/e2/baz", "c/d/e/bar"}),
    (["a/b/c/d/fo?"], {"a/b/c/d/foo"}),
    (["**/*.txt"], {"hom.txt", "dir/x.txt", "dir/sub/y.txt"}),
    (["dir/./**/y.*"], {"sub/y.txt", "sub/y.md"}),
    (["../a/b2"], {"a/b2/c/d/e/bar"}),
    (["none/**/*.x", "*.none"], set()),
    (["hom*"], {"hom.txt", "home.md"}),
    (["a/b2/./."], {"c/d/e/bar"}),
]


@pytest.mark.parametrize(("sources", "expected"), PARENTS)
def test_parents(cp: Copy, target: Path, sources: list[str], expected: set[str]) -> None:
    (target / "d").mkdir()
    cp(*sources, "/d/", parents=True)
    assert files(target / "d") == expected


def test_parents_with_exclude(cp: Copy, target: Path) -> None:
    cp("dir/./**/*.*", "/d", parents=True, excludes=["sub/*.md"])
    assert files(target / "d") == {"x.txt", "x.md", "sub/y.txt"}


def test_a_required_path_may_be_excluded(cp: Copy, target: Path) -> None:
    cp("dir/x.txt", "hom.txt", "/d", parents=True, excludes=["dir"])
    assert files(target / "d") == {"hom.txt"}


def test_parents_keep_the_modes_of_the_source(cp: Copy, source: Path, target: Path) -> None:
    (source / "a").chmod(0o711)
    (source / "a" / "b").chmod(0o700)
    cp("a/b/c/d/foo", "/new/", parents=True)
    assert stat.S_IMODE((target / "new").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "new/a").stat().st_mode) == 0o711
    assert stat.S_IMODE((target / "new/a/b").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nothing", "/nothing"),
        ("a/b/nothing", "/a/b/nothing"),
        ("a/./nothing/x", "/a/nothing/x"),
        ("nothing/./x", "/nothing"),
        ("hom.txt/./x", "/hom.txt/x"),
        ("link/b2", "/link/b2"),
        ("a\\*", "/a\\*"),
    ],
)
def test_a_path_without_wildcards_must_exist(cp: Copy, source: Path, name: str, shown: str) -> None:
    (source / "link").symlink_to("a")
    with pytest.raises(BuildError) as caught:
        cp(name, "/d/", parents=True)
    assert str(caught.value) == f'failed to calculate checksum of ref: "{shown}": not found'


def test_an_escaped_wildcard_is_a_name(cp: Copy, source: Path, target: Path) -> None:
    (source / "*x").write_text("")
    cp("\\*x", "/d/", parents=True)
    assert files(target / "d") == {"*x"}


def test_a_malformed_pattern_is_an_error(cp: Copy) -> None:
    with pytest.raises(ContextError, match="syntax error in pattern"):
        cp("a/[", "/d/", parents=True)


def test_patterns_shape_the_digest(source: Path) -> None:
    def digest(*, parents: bool = False, excludes: tuple[str, ...] = ()) -> str:
        with Rootfs(source) as root:
            found = select(RootfsTree(root), ["dir"], parents=parents, excludes=excludes)
            return found.digest(None, owners=False)

    before = digest(excludes=("*.txt",))
    assert len({digest(), digest(parents=True), before}) == 3
    (source / "dir" / "x.txt").write_text("changed")
    assert digest(excludes=("*.txt",)) == before
    (source / "dir" / "x.md").write_text("changed")
    assert digest(excludes=("*.txt",)) != before

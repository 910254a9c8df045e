import fnmatch
import os
from pathlib import Path

import pytest

from rootbuild.context.directory import DirectoryContext
from rootbuild.errors import ContextError
from rootbuild.files.selection import select


class Rules:
    """Ignores what matches one of `out` (or lies below), unless it matches one of `back`."""

    def __init__(self, out: list[str], back: list[str] | None = None) -> None:
        self.out = out
        self.back = back or []
        self.asked: list[str] = []

    def ignored(self, path: str) -> bool:
        self.asked.append(path)
        return not _any(path, self.back) and _any(path, self.out)

    def may_hold_included(self, directory: str) -> bool:
        return any(rule.startswith(directory + "/") for rule in self.back)


def _any(path: str, rules: list[str]) -> bool:
    names = path.split("/")
    above = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return any(fnmatch.fnmatch(name, rule) for name in above for rule in rules)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "context"
    for name in ("keep", "drop", "d/in/x", "d/in/y", "d/out/z", "empty/gone", "many/a"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name)
    return path


def selected(context: DirectoryContext, *sources: str) -> set[str]:
    names = set()
    for chosen in select(context, sources).chosen:
        if not chosen.is_directory:
            names.add("/".join(chosen.parts))
        else:
            names |= {"/".join((*chosen.base, *where, node.name)) for where, node in chosen.walk()}
    return names


def test_without_rules_everything_is_there(root: Path) -> None:
    with DirectoryContext(root) as context:
        assert {"keep", "drop", "d", "d/in", "d/in/x", "many/a"} < selected(context, ".")


def test_ignored_files_are_not_there_and_ignored_directories_not_entered(root: Path) -> None:
    rules = Rules(["drop", "d", "empty"])
    with DirectoryContext(root, rules) as context:
        assert selected(context, ".") == {"keep", "many", "many/a"}
        assert selected(context, "*") == {"keep", "many/a"}
    assert not any(path.startswith(("d/", "empty/")) for path in rules.asked)


@pytest.mark.parametrize("name", ["drop", "d", "d/in/x", "/d/in/", "./drop"])
def test_naming_what_is_ignored_is_an_error_that_says_so(root: Path, name: str) -> None:
    rules = Rules(["drop", "d"])
    with (
        DirectoryContext(root, rules) as context,
        pytest.raises(ContextError, match="not found") as caught,
    ):
        select(context, [name])
    assert ".dockerignore" in caught.value.report.hint


def test_naming_what_is_missing(root: Path) -> None:
    with DirectoryContext(root) as context, pytest.raises(ContextError) as caught:
        select(context, ["none"])
    assert str(caught.value) == 'failed to calculate checksum of ref: "/none": not found'
    assert str(root) in caught.value.report.hint


def test_included_again_below_an_ignored_directory(root: Path) -> None:
    with DirectoryContext(root, Rules(["*"], ["d/in/x"])) as context:
        assert selected(context, ".") == {"d", "d/in", "d/in/x"}
        assert selected(context, "d") == {"d/in", "d/in/x"}
        assert selected(context, "d/in/x") == {"d/in/x"}
        assert selected(context, "*") == {"d/in", "d/in/x"}
        assert selected(context, "d/*/x") == {"d/in/x"}
        with pytest.raises(ContextError):
            select(context, ["many"])
        with pytest.raises(ContextError):
            select(context, ["d/out"])


def test_a_directory_all_of_whose_files_are_ignored_is_still_one(root: Path) -> None:
    with DirectoryContext(root, Rules(["empty/*"])) as context:
        selection = select(context, ["empty"])
    assert selection.chosen[0].is_directory
    assert list(selection.chosen[0].walk()) == []


def test_a_link_to_what_is_ignored_leads_nowhere(root: Path) -> None:
    (root / "link").symlink_to("drop")
    (root / "hidden").symlink_to("keep")
    (root / "way").symlink_to("d")
    with DirectoryContext(root, Rules(["drop", "hidden", "d"], ["d/in/x"])) as context:
        assert selected(context, "way/in/x") == {"d/in/x"}
        for name in ("link", "hidden", "way/out/z"):
            with pytest.raises(ContextError, match="not found"):
                select(context, [name])


def test_links_do_not_lead_out_of_the_context(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (root / "absolute").symlink_to(tmp_path / "secret")
    (root / "relative").symlink_to("../secret")
    with DirectoryContext(root) as context:
        for name in ("absolute", "relative", "../secret"):
            with pytest.raises(ContextError, match="not found"):
                select(context, [name])


def test_digest_depends_on_selected_files_alone(root: Path) -> None:
    with DirectoryContext(root, Rules(["drop"])) as context:
        before = select(context, ["."]).digest(None, owners=False)
        (root / "drop").write_text("changed")
        assert select(context, ["."]).digest(None, owners=False) == before
        (root / "keep").write_text("changed")
        assert select(context, ["."]).digest(None, owners=False) != before


def test_a_file_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.open

    def refuse(path: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if path == "keep":
            raise PermissionError(13, "Permission denied")
        return really(path, flags, *rest, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    with DirectoryContext(root) as context, pytest.raises(ContextError) as caught:
        select(context, ["."]).digest(None, owners=False)
    assert str(caught.value) == 'cannot read "/keep" of the build context: Permission denied'
    assert ".dockerignore" in caught.value.report.hint


def test_a_directory_that_may_not_be_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with DirectoryContext(root) as context, pytest.raises(ContextError, match='"/d"'):
        select(context, ["d"])


def test_a_context_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, message in (("nothing", "not found"), ("file", "is not a directory")):
        with pytest.raises(ContextError, match=message), DirectoryContext(tmp_path / name):
            pass

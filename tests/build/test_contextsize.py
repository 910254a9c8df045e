"""What is said about large contexts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.build.contextsize import advice, measure
from tests.build.recorded import MINE, Listener, Machine, Site

MB = 1_000_000


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def test_the_largest_files_and_folders() -> None:
    found = measure({"a/b/one": 5, "a/two": 7, "three": 3})
    assert (found.files, found.bytes) == (3, 15)
    assert found.largest == (("a/two", 7), ("a/b/one", 5), ("three", 3))
    assert found.folders == (("a/", 12),)


def test_what_images_hardly_need_is_named() -> None:
    text = advice(
        measure({"web/node_modules/x/y.js": 30 * MB, ".git/objects/pack/p": 20 * MB, "main.c": 9})
    )
    assert "50MB in 3 files" in text
    assert "web/node_modules/ (30MB), .git/ (20MB)" in text
    assert text.endswith("add to .dockerignore: **/node_modules, .git")


def test_a_large_context_of_other_files() -> None:
    text = advice(measure({"data/big.bin": 150 * MB, "main.c": 9}))
    assert "150MB in 2 files, most of it in data/ (150MB)" in text


def test_large_files_at_the_top() -> None:
    assert "disk.img (150MB)" in advice(measure({"disk.img": 150 * MB}))


def test_small_contexts_are_left_alone() -> None:
    assert advice(measure({"main.c": 9, ".git/config": 500, "data/x": 99 * MB})) == ""
    assert advice(measure({})) == ""


def test_names_can_do_nothing_to_the_terminal() -> None:
    text = advice(measure({"\x1b[2J\udcff/x": 200 * MB}))
    assert text.isprintable()


def test_a_build_tells_it(site: Site) -> None:
    """Files that two steps take count once; what other stages give does not count."""
    (site.context / "node_modules").mkdir()
    for name, size in (("node_modules/big.js", 11 * MB), ("small", 5)):
        with (site.context / name).open("wb") as file:
            file.truncate(size)
    listener = Listener()
    site.build(
        f"FROM base AS one\nCOPY {MINE} . /a/\nCOPY {MINE} small /b\n"
        f"FROM base\nCOPY --from=one {MINE} /a/small /c\n",
        reporter=listener,
    )
    (found,) = [told[1] for told in listener.told if told[0] == "tell" and _is_context(told[1])]
    assert found.largest[0] == ("node_modules/big.js", 11 * MB)  # type: ignore[attr-defined]
    assert found.files == 3  # type: ignore[attr-defined]  # with the Dockerfile
    (warning,) = [str(told[1]) for told in listener.told if told[0] == "warn"]
    assert warning.endswith("add to .dockerignore: node_modules")


def _is_context(finding: object) -> bool:
    return type(finding).__name__ == "ContextSize"

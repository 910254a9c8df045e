"""Shells in the containers of a build, on an engine that records what it is asked to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.backend import Exec
from rootbuild.build.options import Debugging
from rootbuild.errors import BuildError, UsageError
from tests.build.recorded import MINE, Listener, Machine, Site

TEXT = "FROM base\nRUN write a 1\nRUN write b 2\nRUN write c 3\n"
ON_ERROR = Debugging(on_error=True, command=("write seen 1",))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def shells(site: Site) -> list[Exec]:
    """The processes that got the terminal."""
    return [
        call.arguments[1]
        for call in site.backend.calls
        if call.verb == "run" and isinstance(call.arguments[1], Exec) and call.arguments[1].terminal
    ]


def before(*lines: int) -> Debugging:
    return Debugging(lines=lines, command=("write d 4",))


def test_a_failed_step(site: Site) -> None:
    listener = Listener()
    text = "FROM base\nENV A=b\nWORKDIR /work\nRUN exit 3\n"
    debugging = Debugging(on_error=True, command=("write seen 1",))
    with pytest.raises(BuildError) as raised:
        site.build(text, debugging=debugging, reporter=listener)
    (shell,) = shells(site)
    assert shell.argv == ("write seen 1",)
    assert dict(shell.env)["A"] == "b"
    assert shell.cwd == "/work"
    assert "on-error" not in raised.value.report.hint
    told = [name for name, *_ in listener.told]
    assert told.index("pause") < told.index("resume") < told.index("failed")
    (words,) = [str(told[1]) for told in listener.told if told[0] == "pause"]
    assert "exit code: 3" in words
    assert site.clean()


def test_nobody_asked_for_one(site: Site) -> None:
    with pytest.raises(BuildError) as raised:
        site.build("FROM base\nRUN exit 3\n")
    assert shells(site) == []
    assert "--on-error=shell" in raised.value.report.hint


def test_a_failed_copy(site: Site) -> None:
    """A file onto a folder: the container has neither environment nor mounts of the step."""
    site.write("file", "x")
    with pytest.raises(BuildError):
        site.build(f"FROM base\nCOPY {MINE} . /etc/base/\n", debugging=ON_ERROR)
    (shell,) = shells(site)
    assert "PATH" in dict(shell.env)


def test_before_a_line(site: Site) -> None:
    image = site.build(TEXT, debugging=before(3))
    assert site.scripts() == ["write a 1", "write d 4", "write b 2", "write c 3"]
    assert site.read(image, "c") == "3"

    def exists(rootfs: Path) -> bool:
        return (rootfs / "d").exists()

    assert not site.look(image, exists)  # what was done in the shell is not kept


def test_before_a_line_of_what_is_cached(site: Site) -> None:
    image = site.build(TEXT, layers="all")
    again = site.build(layers="all", debugging=before(4))
    assert site.scripts() == ["write d 4"]
    assert again == image


def test_a_line_between_steps_is_the_next_one(site: Site) -> None:
    text = "FROM base\nRUN write a 1\n\nENV x=y\nRUN write b 2\n"
    site.build(text, debugging=before(3))
    assert site.scripts() == ["write a 1", "write d 4", "write b 2"]


def test_a_stage_of_which_nothing_is_needed_any_more(site: Site) -> None:
    text = (
        "FROM base AS one\nRUN write a 1\nRUN write b 2\n"
        f"FROM base\nCOPY --from=one {MINE} /a /\nRUN write c 3\n"
    )
    site.build(text, layers="all")
    site.build(layers="all", debugging=before(3))
    assert "write d 4" in site.scripts()
    assert "write c 3" not in site.scripts()


def test_lines_that_no_step_follows(site: Site) -> None:
    with pytest.raises(UsageError) as raised:
        site.build(TEXT, debugging=before(5))
    assert "at lines 2, 3, 4" in raised.value.report.hint
    assert site.clean()


def test_an_image_without_a_shell(site: Site) -> None:
    listener = Listener()
    with pytest.raises(BuildError):
        site.build("FROM base\nRUN exit 3\n", debugging=Debugging(on_error=True), reporter=listener)
    assert shells(site) == []
    (words,) = [str(told[1]) for told in listener.told if told[0] == "pause"]
    assert "there is no shell in this image" in words


def test_only_one_at_a_time(site: Site) -> None:
    """Two stages fail; the second shell would come when the build is over."""
    text = (
        "FROM base AS one\nRUN tell x; hear y; exit 3\n"
        "FROM base AS two\nRUN hear x; tell y; exit 4\n"
        f"FROM base\nCOPY --from=one {MINE} /a /\nCOPY --from=two {MINE} /b /\n"
    )
    with pytest.raises(BuildError):
        site.build(text, debugging=Debugging(on_error=True, command=("last 1",)))
    assert 1 <= len(shells(site)) <= 2
    assert site.clean()

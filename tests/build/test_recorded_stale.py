"""Changes that are easily overlooked: the cache must never serve what was true before them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rootbuild.build.options import Secret
from rootbuild.files import digest
from rootbuild.image.platform import parse_platform
from tests.build.recorded import BASE, MINE, Machine, Site

TICK_NS = 2_000_000_000
"""The coarsest time stamps that there are, those of FAT."""
LATER_NS = 10 * TICK_NS


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


class Clock:
    """What time builds think it is, in nanoseconds since now, and stamps as coarse as FAT's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = LATER_NS
        real, key = time.time_ns, digest._key
        monkeypatch.setattr(digest, "RACY_NS", TICK_NS)  # as it is in earnest
        monkeypatch.setattr(time, "time_ns", lambda: real() + self.ahead)
        self._start = real()
        monkeypatch.setattr(digest, "_key", lambda status: self._coarse(key(status)))

    def _coarse(self, key: digest.StatKey) -> digest.StatKey:
        """All that happens in this test is within one tick."""
        return key._replace(
            mtime_ns=min(key.mtime_ns, self._start), ctime_ns=min(key.ctime_ns, self._start)
        )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def built(site: Site, text: str | None = None, **options: Any) -> str:
    """The image of a build that must have something to do."""
    assert site.start(text, inside=False, **options) is None, "stale"
    return site.build(text, **options)


COPY = f"FROM base\nCOPY {MINE} file /file\n"


class TestTimeStamps:
    """What is remembered of files by their stamps."""

    def test_an_edit_of_equal_size_within_one_tick(self, site: Site, clock: Clock) -> None:
        clock.ahead = 0
        path = site.write("file", "one")
        site.build(COPY)
        path.write_text("two")
        assert site.read(built(site), "file") == "two"

    def test_they_are_of_use_though(self, site: Site, clock: Clock) -> None:
        """Else these tests could not fail: a file that has rested is not read again."""
        path = site.write("file", "one")
        image = site.build(COPY)
        path.write_text("two")
        assert site.start(inside=False) == image

    @pytest.mark.parametrize("back", [-LATER_NS, -3600 * 1_000_000_000])
    def test_a_clock_that_was_set_back(self, site: Site, clock: Clock, back: int) -> None:
        """The file seems to be of the future; when that comes, its stamp can be given again."""
        path = site.write("file", "one")
        clock.ahead = back
        site.build(COPY)
        path.write_text("two")
        clock.ahead = LATER_NS
        assert site.read(built(site), "file") == "two"

    def test_an_old_stamp_given_again(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """As tar and rsync do; a file's own clock, ctime, cannot be set."""
        monkeypatch.setattr(digest, "RACY_NS", -TICK_NS)
        path = site.write("file", "one")
        before = path.stat()
        site.build(COPY)
        path.write_text("two")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert site.read(built(site), "file") == "two"

    def test_a_file_in_place_of_another(self, site: Site, clock: Clock) -> None:
        """Of equal size and with equal stamps."""
        path = site.write("file", "one")
        site.build(COPY)
        other = site.root / "other"
        other.write_text("two")
        before = path.stat()
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.replace(path)
        assert site.read(built(site), "file") == "two"


class TestContext:
    def test_a_mode(self, site: Site) -> None:
        path = site.write("file", "one")
        path.chmod(0o644)
        site.build(COPY)
        path.chmod(0o755)
        assert site.look(built(site), lambda rootfs: (rootfs / "file").stat().st_mode) & 0o111

    def test_a_directory_s_mode(self, site: Site) -> None:
        folder = site.context / "dir" / "below"
        folder.mkdir(0o755, parents=True)
        site.build(f"FROM base\nCOPY {MINE} dir /dir\n")
        folder.chmod(0o700)
        image = built(site)
        assert site.look(image, lambda rootfs: (rootfs / "dir/below").stat().st_mode) & 0o77 == 0

    def test_a_link_that_is_followed(self, site: Site) -> None:
        """A source that is a link stands for what it leads to."""
        site.write("a", "one")
        site.write("b", "two")
        link = site.context / "file"
        link.symlink_to("a")
        assert site.read(site.build(COPY), "file") == "one"
        link.unlink()
        link.symlink_to("b")
        assert site.read(built(site), "file") == "two"

    def test_a_directory_on_the_way_that_is_a_link(self, site: Site) -> None:
        for name in ("one", "two"):
            (site.context / name).mkdir()
            site.write(f"{name}/file", name)
        link = site.context / "current"
        link.symlink_to("one")
        text = f"FROM base\nCOPY {MINE} current/file /file\n"
        assert site.read(site.build(text), "file") == "one"
        link.unlink()
        link.symlink_to("two")
        assert site.read(built(site, text), "file") == "two"

    def test_a_link_that_is_copied(self, site: Site) -> None:
        """Of equal length, to a file of equal content."""
        (site.context / "dir").mkdir()
        for name in "ab":
            site.write(f"dir/{name}", "same")
        link = site.context / "dir" / "link"
        link.symlink_to("a")
        site.build(f"FROM base\nCOPY {MINE} dir /dir\n")
        link.unlink()
        link.symlink_to("b")
        image = built(site)
        assert site.look(image, lambda rootfs: os.readlink(rootfs / "dir/link")) == "b"

    def test_a_link_in_place_of_a_file_that_says_the_same(self, site: Site) -> None:
        (site.context / "dir").mkdir()
        site.write("dir/other", "same")
        path = site.write("dir/file", "same")
        site.build(f"FROM base\nCOPY {MINE} dir /dir\n")
        path.unlink()
        path.symlink_to("other")
        image = built(site)
        assert site.look(image, lambda rootfs: (rootfs / "dir/file").is_symlink())

    @pytest.mark.parametrize(
        ("before", "after", "left"),
        [
            ("", "dir/b\n", ["a"]),
            ("dir/b\n", "", ["a", "b"]),
            ("dir/*\n!dir/a\n", "dir/*\n!dir/b\n", ["b"]),
            (None, "dir/b\n", ["a"]),
            ("dir/b\n", None, ["a", "b"]),
        ],
    )
    def test_the_ignore_file(
        self, site: Site, before: str | None, after: str | None, left: list[str]
    ) -> None:
        (site.context / "dir").mkdir()
        for name in "ab":
            site.write(f"dir/{name}", name)
        for text in (before, after):
            ignore = site.context / ".dockerignore"
            ignore.unlink(missing_ok=True)
            if text is not None:
                site.write(".dockerignore", text)
            image = built(site, f"FROM base\nCOPY {MINE} dir /dir\n")
        assert site.look(image, lambda rootfs: sorted(os.listdir(rootfs / "dir"))) == left

    def test_an_ignore_file_that_belongs_to_the_dockerfile(self, site: Site) -> None:
        (site.context / "dir").mkdir()
        site.write("dir/file", "one")
        site.write(".dockerignore", "nothing\n")
        site.build(f"FROM base\nCOPY {MINE} dir /dir\n")
        site.write("Dockerfile.dockerignore", "dir/file\n")
        assert site.look(built(site), lambda rootfs: os.listdir(rootfs / "dir")) == []


class TestDefinition:
    @pytest.mark.parametrize(
        "change",
        [
            lambda mount: mount.replace("/s", "/t"),
            lambda mount: f"{mount},mode=0444",
            lambda mount: f"{mount},uid=7",
            lambda mount: f"{mount},env=TOKEN",
            lambda mount: mount.replace("id=a", "id=b"),
        ],
        ids=["target", "mode", "owner", "variable", "id"],
    )
    def test_a_secret_s_mount(self, site: Site, change: Callable[[str], str]) -> None:
        secrets = tuple(Secret(name, path=site.write(name, "x")) for name in "ab")
        text = "FROM base\nRUN --mount={} stamp a\n"
        mount = "type=secret,id=a,target=/s"
        old = site.build(text.format(mount), secrets=secrets)
        assert site.start(inside=False, secrets=secrets) == old
        new = built(site, text.format(change(mount)), secrets=secrets)
        assert (site.read(old, "a"), site.read(new, "a")) == ("0", "1")

    def test_a_platform(self, site: Site) -> None:
        text = "FROM scratch\nCOPY <<EOF /file\nEOF\n"
        one = site.build(text, platforms=(parse_platform("linux/amd64"),))
        two = built(site, text, platforms=(parse_platform("linux/arm64"),))
        assert site.config(one)["architecture"] == "amd64"
        assert site.config(two)["architecture"] == "arm64"

    def test_another_base_under_the_same_name(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\n"
        assert site.read(site.build(text), "etc/base") == "base"
        site.backend.add_image(BASE, {}, {"/etc/base": b"new"})
        assert site.read(built(site, text), "etc/base") == "new"

    def test_a_base_with_the_same_files_and_another_config(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\n"
        site.build(text)
        site.backend.add_image(BASE, {"config": {"Env": ["A=1"]}}, {"/etc/base": b"base"})
        assert "A=1" in site.config(built(site, text))["config"]["Env"]

    def test_another_image_to_copy_from_under_the_same_name(self, site: Site) -> None:
        tools = "docker.io/library/tools:latest"
        site.backend.add_image(tools, {}, {"/t": b"one"})
        site.build("FROM base\nCOPY --from=tools /t /t\n")
        site.backend.add_image(tools, {}, {"/t": b"two"})
        assert site.read(built(site), "t") == "two"

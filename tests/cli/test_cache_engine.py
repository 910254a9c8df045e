"""`cache ls|du|prune` and the bounds of the cache, on real engines."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import Rootbuild, lines

pytestmark = pytest.mark.engine

BASE = "diamol/base"
MEGABYTES = 3
LARGE = f"dd if=/dev/urandom of=/large bs=1M count={MEGABYTES} 2>/dev/null"
LONG_SECONDS = 30.0


def cached(progress: str) -> bool:
    """Whether the first step was known."""
    return re.search(r"\[2/\d\] .*\n#\d+ CACHED", progress) is not None


class Kept:
    """A user's cache, and builds in one folder."""

    def __init__(self, rootbuild: Rootbuild, folder: Path, tag: str) -> None:
        self.rootbuild = rootbuild
        self.folder = folder
        self.tag = tag
        folder.mkdir()

    def build(self, text: str, *options: str, env: dict[str, str] | None = None) -> str:
        """Build under the tag, a layer a step; gives the progress."""
        (self.folder / "Dockerfile").write_text(f"FROM {BASE}\n{text}\n")
        argv = ("build", "--layers=all", "-t", self.tag, *options, str(self.folder))
        return self.rootbuild(*argv, env=env).stderr

    def list(self, *options: str) -> list[dict[str, Any]]:
        """What `cache ls` says of each entry."""
        shown = self.rootbuild("cache", "ls", "--format", "json", *options).stdout
        return [json.loads(line) for line in shown.splitlines()]

    def types(self) -> set[str]:
        return {entry["Type"] for entry in self.list()}

    def prune(self, *options: str) -> str:
        return self.rootbuild("cache", "prune", "--force", *options).stdout

    def age(self, seconds: float) -> None:
        """All that is known in the index was of use earlier, and the cache was looked at then."""
        with contextlib.closing(sqlite3.connect(self.cache / "cache.db")) as database:
            for table in ("steps", "images"):
                database.execute(f"UPDATE {table} SET used = used - ?", (seconds,))
            database.execute("UPDATE turns SET taken = taken - ?", (seconds,))
            database.commit()

    @property
    def cache(self) -> Path:
        return self.rootbuild.state / "cache" / "rootbuild"

    @property
    def named(self) -> bool:
        """Whether the tag leads to an image that works."""
        return self.rootbuild("run", "--rm", self.tag, "true", check=False).status == 0


@pytest.fixture
def kept(rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path) -> Iterator[Kept]:
    found = Kept(rootbuild, tmp_path / "context", unique("image"))
    yield found
    # Files of caches may belong to users whom pytest cannot remove files of.
    subprocess.run(["buildah", "unshare", "rm", "-rf", str(found.cache / "mounts")], check=True)


def test_what_is_listed(kept: Kept) -> None:
    kept.build(
        "RUN echo a >/a\n"
        "RUN --mount=type=cache,target=/c,id=mine dd if=/dev/zero of=/c/x bs=1k count=9"
    )
    kept.build("RUN echo a >/a\nRUN echo b >/b")
    entries = kept.list()
    mounts = [entry for entry in entries if entry["Type"] == "exec.cachemount"]
    assert [(mount["Size"], mount["Description"]) for mount in mounts] == [
        ("9.25kB", "/c (id mine)")
    ]
    steps = {entry["Description"]: entry for entry in entries if entry["Type"] == "regular"}
    assert "[2/3] RUN echo a >/a" in steps
    assert all(entry["InUse"] == "false" for entry in entries)
    assert steps["[2/3] RUN echo a >/a"]["Shared"] == "true"
    assert len(kept.list("--filter", "type=exec.cachemount")) == 1
    assert kept.list("--filter", "until=24h") == []
    table = kept.rootbuild("cache", "ls").stdout.splitlines()
    assert table[0].split() == ["ID", "TYPE", "SIZE", "LAST", "USED", "IN", "USE", "DESCRIPTION"]
    assert len(table) == len(entries) + 1


def test_totals_are_those_of_buildx(kept: Kept) -> None:
    kept.build(f"RUN {LARGE}")
    kept.build(f"RUN {LARGE} # again")
    total = kept.rootbuild("cache", "du", "--format", "json").stdout.splitlines()[-1]
    whole = json.loads(total)
    buildx = kept.rootbuild("buildx", "du").stdout
    assert whole["Type"] == "total"
    assert f"Reclaimable:\t{whole['Reclaimable']}\nTotal:\t\t{whole['Size']}\n" in buildx
    assert whole["Size"].startswith("3.1")
    assert whole["Size"].endswith("MB")


def test_every_kind_of_prune_leaves_builds_that_work(kept: Kept) -> None:
    text = f"RUN --mount=type=cache,target=/c date >/c/x && {LARGE}\nRUN echo b >/b"
    for options in ((), ("--all",), ("--filter", "type=exec.cachemount"), ("--until", "0s")):
        kept.build(text)
        kept.prune(*options)
        assert kept.named, options
        assert "exec.cachemount" not in kept.types()
        if "--all" in options:
            assert kept.list() == []
        else:  # what the image shares stays, and is of use
            assert cached(kept.build(f"{text}\nRUN echo c >/d"))
        text += " # next"


def test_the_question(kept: Kept) -> None:
    kept.build(f"RUN {LARGE}")
    asked = kept.rootbuild("cache", "prune", "--all", input="n\n", check=False)
    assert asked.status == 1
    assert "WARNING! This will remove all build cache." in asked.stdout
    assert kept.list()
    assert "Total:" in kept.rootbuild("cache", "prune", "--all", input="y\n").stdout
    assert kept.list() == []


def test_the_least_recently_used_go_first(kept: Kept) -> None:
    for name in ("one", "two", "three"):
        kept.build(f"RUN {LARGE} # {name}\nRUN echo {name} >/name")
        kept.age(3600)
    kept.build("RUN true")
    said = kept.prune("--all", "--keep-storage", "4MB")
    assert "Total:\t6.2" in said or "Total:\t6.3" in said
    left = {entry["Description"] for entry in kept.list()}
    assert any("three" in text for text in left)
    assert not any("one" in text or "two" in text for text in left)
    assert cached(kept.build(f"RUN {LARGE} # three\nRUN echo other >/name"))
    assert kept.prune("--keep-storage", "1GB") == "Total:\t0B\n"


def test_the_cache_bounds_itself(kept: Kept) -> None:
    tiny = {"ROOTBUILD_CACHE_LIMIT": "1MB"}
    kept.build(f"RUN {LARGE} # one", env=tiny)
    kept.build(f"RUN {LARGE} # two", env=tiny)  # within the hour nobody looks
    assert any("one" in entry["Description"] for entry in kept.list())
    kept.age(7200)
    kept.build(f"RUN {LARGE} # two", env=tiny)  # nothing to do: nobody looks
    assert any("one" in entry["Description"] for entry in kept.list())
    kept.build("RUN echo three >/three", env={"ROOTBUILD_CACHE_LIMIT": "off"})
    kept.age(7200)
    assert any("one" in entry["Description"] for entry in kept.list())
    said = kept.build("RUN echo four >/four", "--verbose", env=tiny)
    assert "==> cache: " in said
    left = [entry["Description"] for entry in kept.list()]
    assert not any("one" in text or "two" in text for text in left)
    assert kept.named
    assert "CACHED" in kept.build("RUN echo four >/four")


def test_a_new_result_without_a_name_stays(kept: Kept) -> None:
    (kept.folder / "Dockerfile").write_text(f"FROM {BASE}\nRUN {LARGE}\n")
    argv = ("build", "--quiet", "--verbose", str(kept.folder))
    made = kept.rootbuild(*argv, env={"ROOTBUILD_CACHE_LIMIT": "1"}).stdout.strip()
    assert made in lines("buildah", "images", "--all", "--no-trunc", "--quiet")


def test_a_limit_that_is_none_is_told_before_the_build(kept: Kept) -> None:
    (kept.folder / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo a >/a\n")
    said = kept.rootbuild(
        *("build", "-t", kept.tag, str(kept.folder)),
        env={"ROOTBUILD_CACHE_LIMIT": "much"},
        check=False,
    )
    assert said.status == 1
    assert "ERROR: ROOTBUILD_CACHE_LIMIT is no limit for the cache: much" in said.stderr
    assert "RUN" not in said.stderr


def test_what_a_running_build_uses_stays(kept: Kept, tmp_path: Path) -> None:
    first = "RUN --mount=type=cache,target=/c echo x >/c/x && echo a >/a"
    kept.build(f"{first}\nRUN echo b >/b")
    kept.build("RUN true")  # so that the first step belongs to the cache alone
    kept.age(7200)
    mark = tmp_path / "context" / "mark"
    (kept.folder / "Dockerfile").write_text(
        f"FROM {BASE}\n{first}\n"
        "RUN --mount=type=cache,target=/c sleep 4 && cat /c/x >/x\n"
        "RUN cat /a /x >/both\n"
    )
    argv = (*kept.rootbuild.program, "build", "--layers=all", "--progress=plain", "-t", kept.tag)
    with mark.with_name("log").open("w") as log:
        build = subprocess.Popen(
            [*argv, str(kept.folder)], env=kept.rootbuild.environment(), stderr=log
        )
    deadline = time.monotonic() + LONG_SECONDS
    while "[3/4] RUN" not in mark.with_name("log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kept.prune("--all")
    left = kept.list()
    assert build.poll() is None, "the build was too fast for this test"
    assert [entry["InUse"] for entry in left if entry["Type"] == "exec.cachemount"] == ["true"]
    assert any(
        entry["Description"].startswith("[2/4]") or "/a" in entry["Description"] for entry in left
    )
    assert build.wait(LONG_SECONDS) == 0, mark.with_name("log").read_text()
    assert kept.rootbuild("run", "--rm", kept.tag, "cat", "/both").stdout == "a\nx\n"


def test_a_build_with_nothing_to_do_writes_nothing(kept: Kept) -> None:
    text = "RUN echo a >/a\nRUN echo b >/b"
    kept.build(text)
    kept.build(text)

    def state() -> list[tuple[str, int, int]]:
        files = sorted(kept.cache.glob("cache.db*"))
        return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]

    before = state()
    kept.build(text)
    assert state() == before

"""Builds and what is kept of them: times of last use, images that go while a build runs."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import IO

import pytest

from rootbuild.backend import Exec
from rootbuild.build.ground import Folders
from rootbuild.build.journal import gate, open_journal, running
from rootbuild.build.kept.images import Images
from rootbuild.build.kept.pantry import Pantry
from rootbuild.build.kept.rules import Rules
from rootbuild.build.store import Store, read_store
from rootbuild.cache.database import FRESH_SECONDS, open_cache
from rootbuild.cache.upkeep import kept_images
from rootbuild.storage.index import Index, UnknownLayoutError
from tests.build.recorded import Machine, Site

STEPS = "FROM base\nRUN write a 1; last 9\nRUN write b 2; last 9\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)

    def unknown(_: Index) -> object:
        raise UnknownLayoutError

    for name in ("chains", "used", "folder"):
        monkeypatch.setattr(Index, name, unknown)
    return Site(tmp_path / "site", machine)


def age(site: Site, seconds: float) -> None:
    with contextlib.closing(sqlite3.connect(site.root / "cache" / "cache.db")) as database:
        for table in ("steps", "images", "memos", "contents", "pulled"):
            database.execute(f"UPDATE {table} SET used = used - ?", (seconds,))
        database.commit()


def oldest(site: Site) -> float:
    """How long ago the first of all images was of use."""
    with open_cache(site.root / "cache" / "cache.db") as cache:
        return time.time() - min(image.used for image in kept_images(cache))


def test_use_is_noted_once_a_day(site: Site) -> None:
    image = site.build(STEPS)
    age(site, FRESH_SECONDS / 2)
    assert site.start(inside=False) == image
    assert site.recalled == image
    assert oldest(site) > FRESH_SECONDS / 3
    age(site, FRESH_SECONDS)
    assert site.start(inside=False) == image
    assert site.recalled is None, "it is looked at in full"
    assert oldest(site) < FRESH_SECONDS / 3
    assert site.start(inside=False) == image
    assert site.recalled == image, "and is remembered again"


def test_steps_that_a_build_goes_on_from_are_of_use(site: Site) -> None:
    site.build(STEPS)
    age(site, 2 * FRESH_SECONDS)
    site.build(STEPS + "RUN write c 3\n")
    assert site.scripts() == ["write c 3"]
    with open_cache(site.root / "cache" / "cache.db") as cache:
        steps = [image for image in kept_images(cache) if image.step and "RUN" in image.about]
    assert len(steps) >= 2
    assert time.time() - max(steps, key=lambda image: -image.used).used < FRESH_SECONDS / 3


def test_a_step_that_is_gone_is_done_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removes its image after the build has read the store's index."""
    site.build(STEPS)

    def emptied(backend: object) -> Store:
        found = read_store(site.backend)
        named = tuple(image for image in found.images if image.names)
        return Store(named, found.by_name, frozenset(image.id for image in named))

    monkeypatch.setattr("rootbuild.build.session.read_store", emptied)
    site.build(STEPS + "RUN write c 3\n")
    assert len(site.scripts()) == 3


def test_what_a_running_build_goes_on_from_is_written_down(site: Site) -> None:
    site.build(STEPS)
    seen: list[frozenset[str]] = []
    program = site.backend.program

    def look(rootfs: Path, command: Exec, output: IO[bytes]) -> int:
        seen.append(running(site.journals).images)
        return program(rootfs, command, output)

    site.backend.program = look
    site.build(STEPS + "RUN write c 3\n")
    (claimed,) = seen
    assert claimed == set(site.started())
    assert running(site.journals).images == frozenset()


def test_claims(tmp_path: Path) -> None:
    builds = tmp_path / "builds"
    before = time.time()
    with open_journal(builds) as journal:
        assert not journal.claim("gone", lambda _: False)
        assert journal.claim("there", lambda _: True)
        assert journal.claim("there", lambda _: False), "it is ours"
        found = running(builds)
        assert found.images == {"there"}
        assert found.uses("there", 0)
        assert not found.uses("other", before - 1)
        assert found.uses("other", time.time()), "what came meanwhile may be of this build"
    assert not running(builds).uses("there", time.time())
    assert not running(tmp_path / "none").uses("there", 0)


def test_pruning_leaves_what_builds_use(site: Site) -> None:
    site.build(STEPS)
    pantry = Pantry(site.backend, Folders(site.root / "cache", site.root / "state"))
    steps = [entry for entry in pantry.entries() if not entry.finished]
    assert steps
    with open_journal(site.journals) as journal:
        age(site, 60)
        assert journal.claim(steps[0].id, lambda _: True)
        left = {entry.id for entry in pantry.entries() if entry.use}
        finished = {entry.id for entry in pantry.entries() if entry.finished}
        assert left == {steps[0].id} | finished
        pantry.prune(Rules(everything=True))
        assert {entry.id for entry in pantry.entries()} == left
    pantry.prune(Rules(everything=True))
    assert pantry.entries() == []


def test_what_is_claimed_while_others_go_stays(site: Site) -> None:
    """It is looked at again when nobody can claim it any more."""
    site.build(STEPS)
    images = Images(site.backend, site.journals)
    with open_cache(site.root / "cache" / "cache.db") as cache:
        kept = kept_images(cache)
        entries = images.entries(kept)
        with open_journal(site.journals) as journal:
            age(site, 60)
            for entry in entries:
                journal.claim(entry.id, lambda _: True)
            images.remove(entries, lambda: kept_images(cache))
        assert len(images.entries(kept)) == len(entries)
        with gate(site.journals):
            pass
        images.remove(entries, lambda: kept_images(cache))
        assert images.entries(kept) == []

"""The engines' store: what is configured, what podman recorded, what is there."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from rootbuild.facts import store
from rootbuild.facts.account import Account
from rootbuild.storage import configuration

ANN = Account(4242, "ann")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "read", partial(configuration.read, system=()))
    return tmp_path


def look(home: Path, **more: str) -> store.Store:
    return store.look(ANN, {"HOME": str(home), **more})


def configure(home: Path, text: str) -> Path:
    path = home / ".config/containers/storage.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_never_used(home: Path) -> None:
    found = look(home)
    assert found.folder == home / ".local/share/containers/storage"
    assert not found.used
    assert (found.driver, found.exists) == ("", False)
    assert store.problem(found) is None


def test_podmans_older_database(home: Path) -> None:
    config = configure(home, '[storage]\ndriver = "overlay"\n')
    database = home / ".local/share/containers/storage/libpod/bolt_state.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"\xed\xda\x0c\xed" + b"\0" * 5000 + b"graph-driver-namevfsgraph-root/x")
    found = look(home)
    assert (found.configured, found.recorded, found.used) == ("overlay", "vfs", True)
    problem = store.problem(found)
    assert problem is not None
    assert problem.id == "storage-driver-mismatch"
    assert f'driver = "vfs" in {config}' in problem.hint
    assert store.problem(look(home, STORAGE_DRIVER="vfs")) is None


def test_podmans_newer_database(home: Path) -> None:
    folder = home / ".local/share/containers/storage"
    (folder / "overlay-images").mkdir(parents=True)
    with sqlite3.connect(folder / "db.sql") as database:
        database.execute("CREATE TABLE DBConfig (GraphDriver TEXT)")
        database.execute("INSERT INTO DBConfig VALUES ('overlay')")
    database.close()
    found = look(home)
    assert (found.recorded, found.found, found.driver) == ("overlay", ("overlay",), "overlay")
    (folder / "db.sql").write_text("no database")
    assert look(home).recorded == ""


def test_configuration_that_cannot_be_read(home: Path) -> None:
    path = configure(home, "driver = overlay\n")
    problem = store.problem(look(home))
    assert problem is not None
    assert problem.id == "storage-config"
    assert str(path) in problem.hint


def test_what_buildah_misses_below_another_config_folder(home: Path) -> None:
    """It matters only where XDG_CONFIG_HOME is set: else buildah has defaults for these."""
    path = configure(home, '[storage]\ndriver = "overlay"\nrunroot = "/x"\n')
    assert store.incomplete(look(home)) is None
    problem = store.incomplete(look(home, XDG_CONFIG_HOME=str(home / ".config")))
    assert problem is not None
    assert problem.id == "storage-config-incomplete"
    assert "graphroot" in problem.message
    assert "runroot" not in problem.message
    path.write_text('[storage]\nrunroot = "/x"\ngraphroot = "/y"\n')
    assert store.incomplete(look(home, XDG_CONFIG_HOME=str(home / ".config"))) is None


def test_where_engines_differ_it_is_the_folder_that_was_used(home: Path, tmp_path: Path) -> None:
    named = home / "named.conf"
    named.write_text(f'[storage]\ngraphroot = "{tmp_path}/named"\n')
    variables = {"CONTAINERS_STORAGE_CONF": str(named)}
    assert look(home, **variables).folder == tmp_path / "named"
    older = home / ".local/share/containers/storage"
    (older / "overlay-images").mkdir(parents=True)
    assert look(home, **variables).folder == older
    (tmp_path / "named/vfs-images").mkdir(parents=True)
    found = look(home, **variables)
    assert (found.folder, found.driver) == (tmp_path / "named", "vfs")

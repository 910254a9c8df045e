"""What of a cache a step is shown, however its content changes meanwhile."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from rootbuild.build.halt import Halt
from rootbuild.build.mounts.cache import CacheFolders, cache_bind
from rootbuild.errors import BuildError
from rootbuild.plan.mounts.cache import CacheMount


def mount(path: str) -> CacheMount:
    return CacheMount("/id", "/c", "shared", None, path, None, read_only=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data/content/folder").mkdir(parents=True)
    (tmp_path / "data/content/folder/file").write_text("inside")
    (tmp_path / "outside").mkdir()
    return tmp_path / "data"


def test_all_of_it(data: Path) -> None:
    with cache_bind(mount("/"), data, None) as bind:
        assert (bind.source, bind.descriptor) == (data / "content", None)


def test_a_folder_that_becomes_a_link(data: Path) -> None:
    with cache_bind(mount("/folder"), data, None) as bind:
        (data / "content/folder").rename(data / "content/moved")
        (data / "content/folder").symlink_to(data.parent / "outside")
        assert os.listdir(f"/proc/self/fd/{bind.descriptor}") == ["file"]
        held = bind.descriptor
        assert held is not None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(held)


@pytest.mark.parametrize("target", ["/outside", "../../outside", "{}/outside"])
def test_links_that_lead_out(data: Path, target: str) -> None:
    (data / "content/link").symlink_to(target.format(data.parent))
    with pytest.raises(BuildError) as caught, cache_bind(mount("/link/x"), data, None):
        pass
    assert str(caught.value).startswith('the cache mount at /c has no "/link/x": ')


def test_steps_side_by_side_begin_a_cache_anew_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for another step to begin it anew finds what that step has left."""
    caches = CacheFolders(tmp_path, Halt())
    made = (0o755, os.getuid(), os.getgid())
    asked = CacheMount("/id", "/c", "shared", None, "/", made, read_only=False)
    wait, first = CacheFolders._wait, iter([True])

    def other_is_faster(self: CacheFolders, lock: int, mode: int, *more: Any) -> None:
        if mode == fcntl.LOCK_EX and next(first, False):
            fcntl.flock(lock, fcntl.LOCK_UN)  # as the kernel does where another one has it, too
            with caches.held("id", asked, None, fresh=True) as data:
                (data / "content/kept").touch()
        wait(self, lock, mode, *more)

    with CacheFolders(tmp_path, Halt()).held("id", asked, None, fresh=False) as data:
        (data / "content/old").touch()
    monkeypatch.setattr(CacheFolders, "_wait", other_is_faster)
    with caches.held("id", asked, None, fresh=True) as data:
        assert [path.name for path in (data / "content").iterdir()] == ["kept"]

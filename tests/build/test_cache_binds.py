"""What of a cache a step is shown, however its content changes meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.build.mounts.cache import cache_bind
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

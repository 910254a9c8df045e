from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild import plugins


def _package(folder: Path, name: str, text: str | None) -> None:
    (folder / name).mkdir(parents=True)
    if text is not None:
        (folder / name / "entry_points.txt").write_text(text)


def test_found(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    _package(one, "a-1.dist-info", "[x]\nk = os.path:join\n\n[g]\n# no\nj = json:dumps [extra]\n")
    _package(one, "b-1.dist-info", None)
    _package(one, "c", "[g]\nwrong = c:c\n")
    _package(two, "a-2.egg-info", "[g]\nj = other:thing\nl=os.path:join\n")
    path = [str(tmp_path / "none"), str(one), str(two)]
    assert plugins.targets("g", path) == {"j": "json:dumps", "l": "os.path:join"}
    import json
    import os.path

    assert plugins.load("g", path) == {"j": json.dumps, "l": os.path.join}
    assert plugins.targets("nope", path) == {}


def test_what_does_not_load_is_an_error(tmp_path: Path) -> None:
    _package(tmp_path, "a.dist-info", "[g]\nx = no_such_module_at_all:y\n")
    with pytest.raises(ModuleNotFoundError):
        plugins.load("g", [str(tmp_path)])


def test_as_the_standard_library_finds_them() -> None:
    from importlib.metadata import entry_points

    for group in ("console_scripts", "pytest11"):
        wanted = {
            point.name: point.value.split("[")[0].strip() for point in entry_points(group=group)
        }
        assert plugins.targets(group) == wanted

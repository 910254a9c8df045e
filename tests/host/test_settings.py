"""Orders: files, environment, options, in growing weight."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.errors import HostError
from rootbuild.host.settings import Order, Settings, own_file, read


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def write(home: dict[str, str], text: str) -> Path:
    path = own_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_no_orders(home: dict[str, str]) -> None:
    assert read({"runtime": ""}, home, Path("/none")) == Settings({})


def test_growing_weight(home: dict[str, str], tmp_path: Path) -> None:
    system = tmp_path / "system.toml"
    system.write_text('engine = "a"\nruntime = "b"\nisolation = "c"\nnetwork-helper = "d"\n')
    own = write(home, 'runtime = "B"\nisolation = "C"\nnetwork-helper = "D"\n')
    environment = {**home, "ROOTBUILD_ISOLATION": "e", "ROOTBUILD_NETWORK_HELPER": "f"}
    found = read({"network-helper": "g"}, environment, system)
    assert found.get("engine") == Order("a", str(system))
    assert found.get("runtime") == Order("B", str(own))
    assert found.get("isolation") == Order("e", "ROOTBUILD_ISOLATION")
    assert found.get("network-helper") == Order("g", "--network-helper")


def test_a_named_file_takes_the_place_of_the_others(home: dict[str, str], tmp_path: Path) -> None:
    write(home, 'engine = "own"\n')
    named = tmp_path / "rootbuild.toml"
    named.write_text('runtime = "runc"\n')
    found = read({}, {**home, "ROOTBUILD_CONFIG": str(named)}, Path("/none"))
    assert found.value("engine") == ""
    assert found.value("runtime") == "runc"


def test_a_runtime_that_is_ordered_is_used(home: dict[str, str]) -> None:
    assert read({"runtime": "runc"}, home).get("isolation") == Order("oci", "--runtime")
    both = {"runtime": "runc", "isolation": "chroot"}
    assert read(both, home).value("isolation") == "chroot"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("isolaton = 'x'", "unknown key 'isolaton'"),
        ("runtime = 3", "runtime has to be a string"),
        ("runtime", "cannot use"),
    ],
)
def test_a_file_that_makes_no_sense(home: dict[str, str], text: str, why: str) -> None:
    path = write(home, text)
    with pytest.raises(HostError) as caught:
        read({}, home, Path("/none"))
    assert caught.value.id == "bad-config"
    assert str(path) in str(caught.value)
    assert why in str(caught.value)


def test_a_named_file_that_is_missing(home: dict[str, str]) -> None:
    with pytest.raises(HostError):
        read({}, {**home, "ROOTBUILD_CONFIG": "/no/such.toml"})

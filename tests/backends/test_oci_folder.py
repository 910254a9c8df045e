"""Images as folders, and which of them buildah would take for parents."""

import hashlib
import json
from pathlib import Path

import pytest

from rootbuild_oci import folder, parents

CONFIG = json.dumps({"rootfs": {"type": "layers", "diff_ids": ["sha256:1", "sha256:2"]}}).encode()


def test_a_folder_names_everything_by_digest(tmp_path: Path) -> None:
    folder.write(tmp_path, CONFIG)
    identity = hashlib.sha256(CONFIG).hexdigest()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert (tmp_path / "version").read_text() == "Directory Transport Version: 1.1\n"
    assert (tmp_path / identity).read_bytes() == CONFIG
    assert manifest["config"]["digest"] == f"sha256:{identity}"
    assert manifest["config"]["size"] == len(CONFIG)
    assert [layer["digest"] for layer in manifest["layers"]] == ["sha256:1", "sha256:2"]


def test_no_layers() -> None:
    assert folder.diff_ids(b"{}") == ()
    assert folder.diff_ids(b'{"rootfs": {"diff_ids": null}}') == ()


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({}, False),
        ({"config": {"OnBuild": []}}, False),
        ({"config": {"OnBuild": ["RUN x"], "Env": ["A=1"]}}, True),
        ({"history": [{}, {"empty_layer": True}, {}]}, False),
        ({"history": [{}]}, True),
    ],
)
def test_what_buildah_cannot_start_from(change: dict[str, object], changed: bool) -> None:
    config = {**json.loads(CONFIG), **change}
    made = folder.startable(json.dumps(config).encode())
    assert (made is not None) == changed
    if made is not None:
        assert folder.diff_ids(made) == folder.diff_ids(CONFIG)
        assert json.loads(made)["config"]["OnBuild"] == []
        assert folder.startable(made) is None


@pytest.mark.parametrize(
    ("layers", "history", "expected"),
    [
        ("12", "ab", True),
        ("1", "ab", True),
        ("", "ab", True),
        ("12", "a", False),
        ("13", "ab", False),
        ("12", "xb", False),
        ("123", "ab", False),
    ],
)
def test_lineage(layers: str, history: str, expected: bool) -> None:
    child = parents.Lineage(tuple("12"), tuple("abc"))
    below = parents.Lineage(tuple(layers), tuple(history))
    assert below.directly_below(child) == expected
    assert parents.taken_along("c", {"c": child, "b": below}, ["b", "c"]) == (
        ["b"] if expected else []
    )

"""Where an image's layers are, on made-up stores."""

import json
from pathlib import Path

import pytest

from rootbuild.storage.index import UnknownLayoutError
from rootbuild.storage.layers import layer_folders

IMAGE, OTHER = "a" * 64, "b" * 64
DIFF_IDS = ("sha256:1", "sha256:2", "sha256:3")


def make(root: Path, images: dict[str, str], layers: list[dict[str, object]]) -> tuple[Path, str]:
    for part in ("images", "layers"):
        (root / f"overlay-{part}").mkdir(parents=True)
    listed = [{"id": image, "layer": top} for image, top in images.items()]
    (root / "overlay-images/images.json").write_text(json.dumps(listed))
    (root / "overlay-layers/layers.json").write_text(json.dumps(layers))
    for layer in layers:
        (root / "overlay" / str(layer["id"]) / "diff").mkdir(parents=True)
    (root / "overlay/.has-mount-program").write_text("false")
    return root, "overlay"


def layer(number: int, parent: str = "", **more: object) -> dict[str, object]:
    entry: dict[str, object] = {"id": f"layer{number}", "diff-digest": f"sha256:{number}"}
    return {**entry, **({"parent": parent} if parent else {}), **more}


def three(**more: object) -> list[dict[str, object]]:
    return [layer(1), layer(2, "layer1", **more), layer(3, "layer2"), layer(9)]


def test_from_the_top(tmp_path: Path) -> None:
    store = make(tmp_path, {IMAGE: "layer3", OTHER: ""}, three())
    assert layer_folders([store], IMAGE, DIFF_IDS) == tuple(
        tmp_path / "overlay" / f"layer{number}" / "diff" for number in (3, 2, 1)
    )
    assert layer_folders([store], OTHER, ()) == ()


def test_layers_of_a_store_behind_the_first(tmp_path: Path) -> None:
    first = make(tmp_path / "first", {IMAGE: "layer3"}, [layer(3, "layer2")])
    second = make(tmp_path / "second", {}, [layer(1), layer(2, "layer1")])
    found = layer_folders([first, second], IMAGE, DIFF_IDS)
    assert [folder.relative_to(tmp_path).parts[0] for folder in found] == [
        "first",
        "second",
        "second",
    ]


@pytest.mark.parametrize(
    ("layers", "diff_ids"),
    [
        (three(), DIFF_IDS[:2]),
        (three(), ("sha256:1", "sha256:x", "sha256:3")),
        (three(flags={"incomplete": True}), DIFF_IDS),
        (three()[1:], DIFF_IDS),
        ([layer(1, "layer3"), *three()[1:]], DIFF_IDS),
        ([{"id": "layer1"}, *three()[1:]], DIFF_IDS),
    ],
)
def test_what_does_not_fit_is_not_used(
    tmp_path: Path, layers: list[dict[str, object]], diff_ids: tuple[str, ...]
) -> None:
    store = make(tmp_path, {IMAGE: "layer3"}, layers)
    with pytest.raises(UnknownLayoutError):
        layer_folders([store], IMAGE, diff_ids)


def test_an_unknown_image(tmp_path: Path) -> None:
    store = make(tmp_path, {IMAGE: "layer3"}, three())
    with pytest.raises(UnknownLayoutError):
        layer_folders([store], OTHER, DIFF_IDS)


@pytest.mark.parametrize("said", ["true", "", None])
def test_a_program_that_mounts(tmp_path: Path, said: str | None) -> None:
    """fuse-overlayfs has its own marks for removed files."""
    store = make(tmp_path, {IMAGE: "layer3"}, three())
    note = tmp_path / "overlay/.has-mount-program"
    note.unlink() if said is None else note.write_text(said)
    with pytest.raises(UnknownLayoutError):
        layer_folders([store], IMAGE, DIFF_IDS)


def test_another_driver(tmp_path: Path) -> None:
    root, _ = make(tmp_path, {IMAGE: "layer3"}, three())
    with pytest.raises(UnknownLayoutError):
        layer_folders([(root, "vfs")], IMAGE, DIFF_IDS)


def test_a_folder_that_is_not_there_or_leads_elsewhere(tmp_path: Path) -> None:
    store = make(tmp_path / "store", {IMAGE: "layer3"}, three())
    folder = tmp_path / "store/overlay/layer2/diff"
    folder.rmdir()
    with pytest.raises(UnknownLayoutError):
        layer_folders([store], IMAGE, DIFF_IDS)
    folder.symlink_to(tmp_path)
    with pytest.raises(UnknownLayoutError):
        layer_folders([store], IMAGE, DIFF_IDS)

"""The store reader, on made-up stores."""

import base64
import json
import threading
import time
from pathlib import Path

import pytest

from rootbuild.backend import StoredImage
from rootbuild.storage import configuration, index
from rootbuild_oci import store

A, B, C = "a" * 64, "b" * 64, "c" * 64


def make(root: Path, driver: str, *images: dict[str, object]) -> Path:
    folder = root / f"{driver}-images"
    folder.mkdir(parents=True)
    (folder / "images.json").write_text(json.dumps(images))
    return folder


class Nothing:
    """An engine without images."""

    def folder(self) -> Path:
        return Path("/nowhere")

    def images(self) -> tuple[StoredImage, ...]:
        return ()

    def config(self, image: str) -> bytes:
        raise KeyError(image)


def reader(root: Path, *additional: Path, driver: str = "") -> store.Store:
    return store.Store(Nothing(), configuration.Storage(root, driver, additional))


@pytest.mark.parametrize("driver", ["overlay", "vfs"])
def test_images(tmp_path: Path, driver: str) -> None:
    make(
        tmp_path,
        driver,
        {"id": A, "names": ["x/y:1", "x/y:2"], "digest": "sha256:d", "created": "2020"},
        {"id": B},
    )
    assert reader(tmp_path).images() == (
        StoredImage(A, ("x/y:1", "x/y:2"), "sha256:d", "2020"),
        StoredImage(B),
    )


def test_config_is_the_named_blob(tmp_path: Path) -> None:
    folder = make(tmp_path, "overlay", {"id": A})
    (folder / A).mkdir()
    name = "=" + base64.b64encode(f"sha256:{A}".encode()).decode()
    (folder / A / name).write_bytes(b"{}")
    assert reader(tmp_path).config(A) == b"{}"


def test_plain_names_of_data_are_not_encoded() -> None:
    assert index.big_data_name("manifest") == "manifest"
    assert index.big_data_name("manifest-x.y_z") == "manifest-x.y_z"
    assert index.big_data_name("a:b").startswith("=")


def test_additional_stores_come_after_the_main_one(tmp_path: Path) -> None:
    make(tmp_path / "main", "overlay", {"id": A, "names": ["mine"]})
    make(tmp_path / "more", "overlay", {"id": A, "names": ["theirs"]}, {"id": B})
    found = reader(tmp_path / "main", tmp_path / "more").images()
    assert [(image.id, image.names) for image in found] == [(A, ("mine",)), (B, ())]


def test_a_wanted_driver_goes_first(tmp_path: Path) -> None:
    make(tmp_path, "overlay", {"id": A})
    make(tmp_path, "vfs", {"id": B})
    assert [image.id for image in reader(tmp_path).images()] == [A]
    assert [image.id for image in reader(tmp_path, driver="vfs").images()] == [B]


def test_an_index_that_is_being_written_is_read_again(tmp_path: Path) -> None:
    folder = make(tmp_path, "overlay")
    (folder / "images.json").write_text('[{"id": "')

    def finish() -> None:
        time.sleep(0.03)
        (folder / "new").write_text(json.dumps([{"id": A}]))
        (folder / "new").replace(folder / "images.json")

    thread = threading.Thread(target=finish)
    thread.start()
    assert [image.id for image in reader(tmp_path).images()] == [A]
    thread.join()


def test_an_index_that_is_the_same_file_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path, "overlay", {"id": A})
    store = reader(tmp_path)
    assert [image.id for image in store.images()] == [A]
    with monkeypatch.context() as patched:
        patched.setattr(json, "loads", lambda _: pytest.fail("it is read again"))
        assert [image.id for image in store.images()] == [A]
    (folder / "new").write_text(json.dumps([{"id": B}]))
    (folder / "new").replace(folder / "images.json")
    assert [image.id for image in store.images()] == [B]
    (folder / "images.json").unlink()
    assert store.images() == ()


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '[{"id": "short"}]'])
def test_what_we_do_not_understand_is_not_guessed(tmp_path: Path, content: str) -> None:
    folder = make(tmp_path, "overlay")
    (folder / "images.json").write_text(content)
    with pytest.raises(index.UnknownLayoutError):
        list(index.read_images(folder))


def test_used_and_containers(tmp_path: Path) -> None:
    make(tmp_path, "overlay", {"id": A})
    assert reader(tmp_path).used() == frozenset()
    (tmp_path / "overlay-containers").mkdir()
    content = [{"id": "c", "names": ["n"], "image": A}]
    (tmp_path / "overlay-containers/containers.json").write_text(json.dumps(content))
    assert reader(tmp_path).used() == frozenset({A})
    assert reader(tmp_path).containers() == frozenset({"n"})


def test_an_index_names_its_images(tmp_path: Path) -> None:
    """In its own order. The notes of where they are have also the index, without a digest there."""
    first, second = f"sha256:{'2' * 64}", f"sha256:{'1' * 64}"
    place = "containers-storage:[overlay@/x+/y]@{}"
    noted = {"": A, second: place.format(C), first: place.format(B)}
    folder = make(tmp_path, "overlay", {"id": A, "big-data-names": ["manifest", "instances.json"]})
    (folder / A).mkdir()
    (folder / A / "instances.json").write_text(json.dumps(noted))
    entries = [{"digest": first}, {"digest": second}, {"digest": f"sha256:{'3' * 64}"}]
    (folder / A / "manifest").write_text(json.dumps({"manifests": entries}))
    (found,) = reader(tmp_path).images()
    assert found.instances == (B, C)
    (folder / A / "instances.json").write_text("{")
    with pytest.raises(index.UnknownLayoutError):
        list(index.read_images(folder))


def test_where_engines_differ_about_the_folder_they_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "older", "overlay", {"id": A})
    make(tmp_path / "newer", "overlay", {"id": B})
    doubtful = configuration.Storage(tmp_path / "newer", older=tmp_path / "older")
    monkeypatch.setattr(index, "read", lambda: doubtful)
    asked = iter([tmp_path / "older"])
    found = index.Index(ask=lambda: next(asked))
    assert [image.id for image in found.images()] == [A]
    assert found.folder() == tmp_path / "older"
    with pytest.raises(index.UnknownLayoutError):
        index.Index().images()

"""What is noted of images beside the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rootbuild.backend import StoredImage
from rootbuild.errors import HostError
from rootbuild.outputs import noted
from rootbuild.outputs.kept import kept_form
from rootbuild.outputs.noted import Notes, notes_file
from rootbuild.outputs.request import Annotation, Form

ONE, TWO, INDEX = "1" * 64, "2" * 64, "3" * 64
FORM = Form("zstd", 3, force=True, oci=True, annotations=(Annotation("index", "a", "b", "x/y"),))
PLACE = f"r.io/x@sha256:{'d' * 64}"


@pytest.fixture
def store() -> dict[str, StoredImage]:
    images = (
        StoredImage(ONE, ("r.io/x:1", "r.io/x:2")),
        StoredImage(TWO),
        StoredImage(INDEX, ("r.io/y:1",), instances=(TWO,)),
    )
    return {image.id: image for image in images}


@pytest.fixture
def notes(tmp_path: Path, store: dict[str, StoredImage]) -> Notes:
    return Notes(tmp_path, lambda: tuple(store.values()))


def test_the_form_of_a_name(notes: Notes) -> None:
    notes.keep_form(ONE, ("r.io/x:1",), FORM)
    assert notes.form(ONE, "r.io/x:1") == FORM
    assert notes.form(ONE, "r.io/x:2") is None
    assert notes.form(TWO, "r.io/x:1") is None
    notes.carry("r.io/x:1", "r.io/x:2")
    assert notes.form(ONE, "r.io/x:2") == FORM
    notes.forget(("r.io/x:1", "r.io/x:3"))
    assert notes.form(ONE, "r.io/x:1") is None
    notes.carry("r.io/x:1", "r.io/x:2")
    assert notes.form(ONE, "r.io/x:2") is None


def test_the_usual_form_needs_no_note(notes: Notes, tmp_path: Path) -> None:
    notes.keep_form(ONE, ("r.io/x:1",), Form(rewrite=True))
    notes.forget(("r.io/x:1",))
    notes.carry("r.io/x:1", "r.io/x:2")
    assert not notes_file(tmp_path).exists()
    notes.keep_form(ONE, ("r.io/x:1",), FORM)
    notes.keep_form(ONE, ("r.io/x:1",), Form())
    assert notes.form(ONE, "r.io/x:1") is None


def test_what_is_gone_is_forgotten(notes: Notes, store: dict[str, StoredImage]) -> None:
    notes.keep_form(ONE, ("r.io/x:1", "r.io/x:2"), FORM)
    store[ONE] = StoredImage(ONE, ("r.io/x:2",))
    notes.keep_form(INDEX, ("r.io/y:1",), FORM)
    store[ONE] = StoredImage(ONE, ("r.io/x:1", "r.io/x:2"))
    assert (notes.form(ONE, "r.io/x:1"), notes.form(ONE, "r.io/x:2")) == (None, FORM)


def test_digests_in_registries(notes: Notes, store: dict[str, StoredImage]) -> None:
    other = PLACE.replace("d" * 64, "e" * 64)
    for place in (PLACE, other, PLACE):
        notes.keep_pushed(ONE, place)
    assert notes.pushed(ONE) == (other, PLACE)
    assert notes.pushed(TWO) == ()
    store[ONE] = StoredImage(ONE, ("r.io/z:1",))
    assert notes.pushed(ONE) == ()  # it is not called so any more
    there = PLACE.replace("/x", "/y")
    for image in (INDEX, TWO):
        notes.keep_pushed(image, there)
    assert (notes.pushed(INDEX), notes.pushed(TWO)) == ((there,), ())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"forms": {"x": 1}}'])
def test_notes_that_cannot_be_read_are_none(notes: Notes, tmp_path: Path, content: str) -> None:
    file = notes_file(tmp_path)
    file.parent.mkdir()
    file.write_text(content)
    assert notes.form(ONE, "r.io/x:1") is None
    notes.keep_form(ONE, ("r.io/x:1",), FORM)
    assert json.loads(file.read_text())["forms"].keys() == {"r.io/x:1"}


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("")
    with pytest.raises(HostError) as caught:
        Notes(tmp_path, lambda: ()).keep_pushed(ONE, PLACE)
    assert caught.value.id == "state-folder"


def test_what_came_is_as_it_came(
    notes: Notes, store: dict[str, StoredImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a build may have put the very same manifest into the store for another name."""
    config = {"mediaType": "application/vnd.oci.image.config.v1+json"}
    manifest = json.dumps({"config": config, "annotations": {"a": "b"}}).encode()
    monkeypatch.setattr(noted, "stored_manifest", lambda image, digest="": manifest)
    notes.keep_form(ONE, ("r.io/x:1", "r.io/x:2"), FORM)
    notes.came(("r.io/x:1",))
    assert notes.form(ONE, "r.io/x:1") is None
    assert notes.kept(ONE) == kept_form(manifest)
    notes.keep_replaced(ONE, manifest, Form(oci=False))
    assert notes.kept(ONE) == Form(oci=False)
    notes.came(("r.io/x:1",))
    assert notes.form(ONE, "r.io/x:1") == kept_form(manifest)
    assert notes.form(ONE, "r.io/x:2") == FORM

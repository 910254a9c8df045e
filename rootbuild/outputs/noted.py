"""What stores do not keep of their images: the form that each name has outside, digests there.

A store has one manifest of an image, whatever it is called, and none that a registry has got from
us. So that is noted in a file of our own, as far as the images and names are there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rootbuild.backend import StoredImage
from rootbuild.errors import HostError
from rootbuild.hashing import sha256
from rootbuild.image.reference import parse
from rootbuild.outputs.kept import kept_form, made_here, stored_manifest
from rootbuild.outputs.noting import notes_folder
from rootbuild.outputs.request import Annotation, Form
from rootbuild.records import asdict, dataclass, field, replace

_Json = dict[str, Any]


def notes_file(state: Path) -> Path:
    """Where the notes are, if there are any."""
    return notes_folder(state) / "notes.json"


@dataclass(frozen=True, slots=True)
class Content:
    """What is noted, to be changed in place.

    `forms`: a name -> its image (id) and form. `replaced`: an image and the digest of a manifest
    that a build had the store keep for one of its names -> the form before that. `pushed`: an
    image -> `REPOSITORY@DIGEST` in registries.
    """

    forms: dict[str, tuple[str, Form]] = field(default_factory=dict)
    replaced: dict[tuple[str, str], Form] = field(default_factory=dict)
    pushed: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Notes:
    """The notes in the `state` folder of a user; `images` gives those of the store."""

    def __init__(self, state: Path, images: Callable[[], Sequence[StoredImage]]) -> None:
        self._images = images
        self._file = notes_file(state)

    def form(self, image: str, name: str) -> Form | None:
        """The form that a build gave to an image (id) under a whole name."""
        found = self._read().forms.get(name)
        return found[1] if found is not None and found[0] == image else None

    def kept(self, image: str) -> Form:
        """The form of an image as it is in the store, but for what a build put there for a name."""
        manifest = stored_manifest(image)
        replaced = self._read().replaced.get((image, _digest(manifest)))
        return kept_form(manifest) if replaced is None else replaced

    def pushed(self, image: str) -> tuple[str, ...]:
        """Where an image or index (id) is in registries, as far as it has such a name."""
        noted, known = self._read().pushed.get(image, ()), self._images()
        return _called(noted, image, known) if noted else ()

    def registered(self, image: str, told: Iterable[str]) -> tuple[str, ...]:
        """The `REPOSITORY@DIGEST` of an image in registries, out of those that an engine tells.

        Engines compute them from each manifest that the store has, also of what was never pushed.
        """
        came = [
            place
            for place in told
            if not made_here(stored_manifest(image, place.partition("@")[2]))
        ]
        return tuple(dict.fromkeys((*came, *self.pushed(image))))

    def keep_form(self, image: str, names: Sequence[str], form: Form) -> None:
        """Note the form of an image's whole names; the usual one needs no note."""
        kept = replace(form, oci=bool(form.oci), rewrite=False)
        if kept == Form(oci=False):
            self.forget(names)
            return
        with self._changed() as content:
            content.forms.update(dict.fromkeys(names, (image, kept)))

    def keep_replaced(self, image: str, manifest: bytes | None, before: Form) -> None:
        """Note which form an image had before a manifest was put into the store."""
        with self._changed() as content:
            content.replaced[image, _digest(manifest)] = before

    def keep_pushed(self, image: str, place: str) -> None:
        """Note that an image or index (id) is in a registry now, as `REPOSITORY@DIGEST`."""
        with self._changed() as content:
            there = (each for each in content.pushed.get(image, ()) if each != place)
            content.pushed[image] = (*there, place)

    def forget(self, names: Sequence[str]) -> None:
        """Whole names stand for images as they are in the store again. Cheap if they always did."""
        if not self._read().forms.keys().isdisjoint(names):
            with self._changed() as content:
                for name in names:
                    content.forms.pop(name, None)

    def came(self, names: Sequence[str]) -> None:
        """Images came from elsewhere under whole names, with the manifests that they have now."""
        self.forget(names)
        for image in self._images():
            own = [name for name in image.names if name in names]
            manifest = stored_manifest(image.id) if own else None
            if (image.id, _digest(manifest)) in self._read().replaced:
                self.keep_form(image.id, own, kept_form(manifest))

    def carry(self, source: str, target: str) -> None:
        """A whole name was given to the image that has another name."""
        if not self._read().forms.keys().isdisjoint((source, target)):
            with self._changed() as content:
                content.forms.pop(target, None)
                if source in content.forms:
                    content.forms[target] = content.forms[source]

    @contextlib.contextmanager
    def _changed(self) -> Iterator[Content]:
        """The notes, written when the block ends, but for those of what is not there any more.

        Raises HostError.
        """
        folder = self._file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(folder):
                content = self._read()
                yield content
                new = self._file.with_suffix(".new")
                new.write_text(json.dumps(_document(content, self._images())))
                new.replace(self._file)
        except OSError as error:
            raise HostError(
                f"cannot keep notes of images in {folder}: {error.strerror}",
                id="state-folder",
                hint="make that folder writable, or set XDG_STATE_HOME to one that is",
            ) from error

    def _read(self) -> Content:
        """The notes; none where they cannot be read."""
        try:
            return _content(json.loads(self._file.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Content()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _digest(manifest: bytes | None) -> str:
    return f"sha256:{sha256(manifest or b'').hexdigest()}"


def _called(places: Iterable[str], image: str, known: Sequence[StoredImage]) -> tuple[str, ...]:
    """Those in repositories whose name the image still has."""
    names = (name for each in known if each.id == image for name in each.names)
    repositories = {parse(name).name for name in names}
    return tuple(place for place in places if place.partition("@")[0] in repositories)


def _document(content: Content, known: Sequence[StoredImage]) -> _Json:
    ids = {image.id for image in known}
    held = {(name, image.id) for image in known for name in image.names}
    called = {image: _called(places, image, known) for image, places in content.pushed.items()}
    return {
        "forms": {
            name: (image, asdict(form))
            for name, (image, form) in content.forms.items()
            if (name, image) in held
        },
        "replaced": [
            (image, digest, asdict(form))
            for (image, digest), form in content.replaced.items()
            if image in ids
        ],
        "pushed": {image: places for image, places in called.items() if places},
    }


def _content(document: _Json) -> Content:
    return Content(
        {name: (str(image), _form(form)) for name, (image, form) in document["forms"].items()},
        {(image, digest): _form(form) for image, digest, form in document["replaced"]},
        {image: tuple(map(str, places)) for image, places in document["pushed"].items()},
    )


def _form(document: _Json) -> Form:
    annotations = tuple(Annotation(**each) for each in document["annotations"])
    return Form(**{**document, "annotations": annotations})

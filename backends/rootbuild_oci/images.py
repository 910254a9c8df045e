"""Images: made out of folders, named, removed."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.backend import StoredImage
from rootbuild.errors import EngineError
from rootbuild.image.platform import build_platform
from rootbuild_oci import argv, folder, parents
from rootbuild_oci.calls import Calls, last_line
from rootbuild_oci.engine import Commands
from rootbuild_oci.store import Store


class Images:
    """The images of a store, as far as we change them."""

    def __init__(self, store: Store, call: Calls, commands: Commands) -> None:
        self._store = store
        self._call = call
        self._commands = commands
        self._skopeo = process.find(argv.SKOPEO) is not None

    def create(self, config: bytes, names: Sequence[str] = ()) -> str:
        """Make an image with this config out of layers that the store has; gives its id."""
        with tempfile.TemporaryDirectory(prefix="rootbuild-image-") as place:
            folder.write(Path(place), config)
            return self.load(Path(place), config, names)

    def load(self, place: Path, config: bytes, names: Sequence[str]) -> str:
        """Bring an image that was written to a folder (`folder.write`) into the store, with names.

        skopeo does it in one call with the first name; engines need one more to give names.
        """
        identity = folder.identity(config)
        left = list(names)
        with self._without_nameless_indexes(names):
            if left and self._skopeo and self._copy(place, identity, left[0]):
                del left[0]
            else:
                self._call(self._commands.load_folder(place))
            self.tag(identity, *left)
        return identity

    def create_index(self, images: Sequence[str], names: Sequence[str]) -> str:
        """Make an index of images, with names; gives its id.

        It is whole before anybody can find it: until then it has a name of its own.
        """
        interim = f"localhost/rootbuild-index:{uuid.uuid4().hex}"
        index = last_line(self._call(self._commands.create_index(interim)))
        try:
            for image in images:
                self._call(self._commands.add_to_index(interim, image))
            self.tag(index, *names)
        finally:
            process.call(self._commands.remove_index(interim), check=False)
        return index

    def load_layout(self, layout: Path, manifest: str) -> str:
        """Bring an image of a folder in OCI layout into the store, by its manifest's digest."""
        with tempfile.TemporaryDirectory(prefix="rootbuild-image-") as place:
            folder.write_layout(Path(place), layout, manifest)
            return last_line(self._call(self._commands.load_folder(Path(place))))

    def tag(self, image: str, *names: str) -> None:
        """Give an image more names."""
        if names:
            with self._without_nameless_indexes(names):
                self._call(self._commands.tag(image, *names))

    def remove(self, images: Sequence[str], used: frozenset[str]) -> None:
        """Remove those of some images that nobody can name and that are not among the `used`."""
        known = self._store.images()
        listed = {instance for index in known for instance in index.instances}
        nameless = {image.id for image in known if not image.names} - listed
        wanted = [image for image in images if image in nameless and image not in used]
        lineages = self._lineages(nameless)
        kept = sorted(set(lineages) - set(wanted))
        for image in wanted:
            with self._kept(parents.taken_along(image, lineages, kept)):
                self._remove(image)

    def remove_interim(self, image: str) -> None:
        """Remove an image without history, which therefore takes no other along."""
        process.call(self._commands.remove_image(image), check=False)

    def calm(self, image: str) -> str:
        """An image with the same layers that an engine can work with (see `folder.startable`).

        Who asks for it removes it, as several containers may be started from it.
        """
        config = folder.startable(self._store.config(image))
        if config is None:
            return image
        calm = folder.identity(config)
        if calm not in {known.id for known in self._store.images()}:
            self.create(config)
        return calm

    def nothing(self) -> str:
        """An image without layers; to be removed as those of `calm`."""
        return self.create(folder.bare(build_platform().architecture))

    @contextlib.contextmanager
    def _without_nameless_indexes(self, names: Sequence[str]) -> Iterator[None]:
        """Remove the indexes that lose their last name in the block, to which `names` are given.

        Nobody could find them any more, and engines stumble over them.
        """
        wanted = set(names)
        held = {each.id for each in self._indexes() if wanted.intersection(each.names)}
        yield
        for index in self._indexes() if held else ():
            if index.id in held and not index.names:
                process.call(self._commands.remove_index(index.id), check=False)

    def _indexes(self) -> Iterator[StoredImage]:
        return (image for image in self._store.images() if image.instances)

    def _lineages(self, images: Iterable[str]) -> dict[str, parents.Lineage]:
        """Those of images that can be read: a killed engine may have left some damaged."""
        found = {}
        for image in images:
            with contextlib.suppress(EngineError, KeyError):
                found[image] = parents.lineage(self._store.config(image))
        return found

    def _copy(self, place: Path, identity: str, name: str) -> bool:
        """Have skopeo do it. It may fail, or have another idea of where this user's images are."""
        finished = process.call(argv.copy_folder(place, name), check=False)
        named = {image.id for image in self._store.images() if name in image.names}
        self._skopeo = finished.status == 0 and identity in named
        return self._skopeo

    def _remove(self, image: str) -> None:
        finished = process.call(self._commands.remove_image(image), check=False)
        if finished.status == 0 or image not in {known.id for known in self._store.images()}:
            return
        if image not in (self._store.used() or ()):  # by another build, meanwhile
            raise self._call.failure(finished)

    @contextlib.contextmanager
    def _kept(self, images: Sequence[str]) -> Iterator[None]:
        """Keep nameless images from being removed along with others: for the block they have names.

        A name can only be taken away together with its image, so an empty one gets it in the end.
        """
        names = {f"localhost/rootbuild-kept:{image}": image for image in images}
        for name, image in names.items():
            self.tag(image, name)
        try:
            yield
        finally:
            for name in names:
                self.tag(self.create(folder.empty(name)), name)
                process.call(self._commands.remove_image(name))

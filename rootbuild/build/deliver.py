"""The outputs of a build that are more than an image in the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rootbuild.backend import Backend
from rootbuild.build.told import whole_names
from rootbuild.build.vertices import Vertex, Vertices
from rootbuild.cache.database import Cache
from rootbuild.image.manifest import Descriptor
from rootbuild.image.platform import Platform
from rootbuild.image.reference import parse
from rootbuild.outputs import images
from rootbuild.outputs.annotations import chosen
from rootbuild.outputs.bare import load_bare
from rootbuild.outputs.failure import written
from rootbuild.outputs.image import Blob, described, platform_name
from rootbuild.outputs.layers import Image
from rootbuild.outputs.local import copy_files
from rootbuild.outputs.metadata import Told, write_metadata
from rootbuild.outputs.remembered import Remembered
from rootbuild.outputs.request import (
    ArchiveOutput,
    Form,
    ImageOutput,
    LocalOutput,
    TarOutput,
    Wanted,
)
from rootbuild.outputs.rewrite import rewritten
from rootbuild.outputs.staged import staged_folder
from rootbuild.outputs.tar import write_tar
from rootbuild.plan.keys import key


@dataclass(frozen=True, slots=True)
class Delivery:
    """Writes and pushes what was asked for.

    `tags` are the command line's, which count before the names of outputs; `date` is
    SOURCE_DATE_EPOCH in seconds; `room` is a folder for what has to lie somewhere meanwhile.
    """

    wanted: Wanted
    tags: tuple[str, ...]
    platform: Platform
    backend: Backend
    cache: Cache
    vertices: Vertices
    date: int | None
    room: Path

    def files(self, root: Path) -> None:
        """The outputs that are made of files, out of the mounted result."""
        for output in self.wanted.files:
            if isinstance(output, TarOutput):
                self._tar(output, root)
            else:
                self._local(output, root)

    def dated(self, image: str, base: int) -> str:
        """The image (id) as it is to go out: with its files' dates rewritten if that is wanted.

        Its `base` lowest layers are not this build's. What came out of it once is remembered.
        """
        if not self.wanted.rewrite:
            return image
        if self.date is None:
            self.vertices.warn("rewrite-timestamp is specified, but no source-date-epoch was found")
            return image
        remembered = key("rewritten", image, str(base), str(self.date))
        found = self.cache.image(remembered)
        if found is not None and found in {each.id for each in self.backend.images()}:
            return found
        with (
            self.vertices.open("rewriting layers with source-date-epoch") as vertex,
            written(self.room),
        ):
            vertex.status(f"rewriting layers with source-date-epoch {self.date}")
            source = images.image_of(self.backend, image)
            self.room.mkdir(parents=True, exist_ok=True)
            made = rewritten(self.backend, source, base, self.date, self.room)
            self.cache.remember_image(remembered, made)
        return made

    def images(self, image: str) -> Told:
        """The outputs that are made of an image (id) of the store; what there is to tell of it."""
        told = Told(image, None, whole_names(self.wanted.store_names(self.tags)))
        for output in self.wanted.outputs:
            descriptor = None
            if isinstance(output, ArchiveOutput):
                descriptor = self._archive(output, image)
                names = whole_names(self.tags or output.names)
            elif isinstance(output, ImageOutput):
                names = whole_names(self.tags or output.names)
                if output.form.annotations and output.store:
                    self._annotate(output.form, image)
                if output.push:
                    descriptor = self._pushed(output, image)
                if output.canonical and descriptor:
                    names += tuple(f"{parse(name).name}@{descriptor.digest}" for name in names)
            else:
                continue
            told = Told(
                image,
                descriptor or told.manifest,
                tuple(dict.fromkeys((*told.names, *names))),
            )
        return told

    def finish(self, image: str) -> None:
        """All outputs that are made of the image (id), if there is one, and the file about them."""
        told = self.images(image) if image else Told()
        if self.wanted.metadata is not None:
            write_metadata(self.wanted.metadata, told)

    def _tar(self, output: TarOutput, root: Path) -> None:
        with self.vertices.open("exporting to client tarball") as vertex:
            with images.opened(output.dest) as target:
                size = write_tar(root, target, self.date)
            vertex.status(f"sending tarball {size}B done")

    def _local(self, output: LocalOutput, root: Path) -> None:
        with self.vertices.open("exporting to client directory") as vertex:
            with written(output.dest), staged_folder(output.dest, delete=output.delete) as place:
                target = place
                if output.split:
                    target = place / platform_name(self.platform)
                    target.mkdir()
                size, left_out = copy_files(root, target, self.date)
            vertex.status(f"copying files {size}B done")
        if left_out:
            self.vertices.warn(f"{left_out} device files were not copied to {output.dest}")

    def _archive(self, output: ArchiveOutput, image: str) -> Descriptor:
        title = f"exporting to {output.kind} image format"
        with self.vertices.open(title) as vertex:
            source = images.image_of(self.backend, image)
            names = whole_names(self.tags or output.names)
            descriptor = images.write_archive(source, output, names)
            _tell(vertex, source, descriptor)
            vertex.status("sending tarball done" if not output.folder else "writing layout done")
        return descriptor

    def _pushed(self, output: ImageOutput, image: str) -> Descriptor:
        source = images.image_of(self.backend, image)
        names = [parse(name) for name in whole_names(self.tags or output.names)]
        found = None
        for group in images.repositories(names):
            with self.vertices.open(f"pushing {group[0].name}") as vertex:
                form = output.form
                document = images.push(
                    self.backend,
                    source,
                    group,
                    Form(
                        form.compression,
                        form.level,
                        form.force,
                        bool(form.oci),
                        form.annotations,
                    ),
                    tell=lambda layer, text, vertex=vertex: vertex.status(
                        f"layer {layer.partition(':')[2][:12]}: {text}"
                    ),
                    known=Remembered(self.cache),
                    insecure=output.insecure,
                    by_digest=output.by_digest,
                )
                for name in group:
                    shown = name.name if output.by_digest else str(name)
                    vertex.status(f"pushing manifest for {shown}@{document.descriptor.digest} done")
                found = described(document, source, form)
        assert found is not None, "there is a name, as pushes without one are refused"
        return found

    def _annotate(self, form: Form, image: str) -> None:
        """Have the store keep a manifest with annotations."""
        source = images.image_of(self.backend, image)
        layers = [Blob("uncompressed", layer.diff_id, layer.size) for layer in source.layers]
        annotations = chosen(form.annotations, "manifest", self.platform)
        with TemporaryDirectory(prefix="rootbuild-image-") as place:
            load_bare(self.backend, Path(place), source.config, layers, annotations)


def _tell(vertex: Vertex, image: Image, descriptor: Descriptor) -> None:
    vertex.status("exporting layers done")
    vertex.status(f"exporting manifest {descriptor.digest} done")
    vertex.status(f"exporting config sha256:{image.id} done")

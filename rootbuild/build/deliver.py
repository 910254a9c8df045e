"""The outputs of a build that are more than an image in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rootbuild.attest.options import UNKEPT
from rootbuild.attest.statement import Attestation
from rootbuild.backend import Backend
from rootbuild.build.told import whole_names
from rootbuild.build.vertices import Vertex, Vertices
from rootbuild.cache.database import Cache
from rootbuild.errors import BuildError
from rootbuild.image.config import parse_config, platform_of
from rootbuild.image.manifest import OCI_INDEX, Descriptor, describe
from rootbuild.image.platform import Platform
from rootbuild.image.reference import parse
from rootbuild.outputs import images
from rootbuild.outputs.annotations import chosen
from rootbuild.outputs.bare import load_bare
from rootbuild.outputs.failure import written
from rootbuild.outputs.image import Blob, platform_name
from rootbuild.outputs.kept import stored_manifest
from rootbuild.outputs.local import copy_files
from rootbuild.outputs.metadata import Told, write_metadata
from rootbuild.outputs.noted import Notes
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
from rootbuild.outputs.tar import Tar
from rootbuild.outputs.whole import Part, described_whole, is_index
from rootbuild.plan.keys import key
from rootbuild.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Result:
    """An image (id) that was built, and what is attested of it."""

    image: str
    attestations: tuple[Attestation, ...] = ()


@dataclass(frozen=True, slots=True)
class Root:
    """The mounted files of a result, its platform, and files to be put beside them, by name."""

    path: Path
    platform: Platform
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Writes and pushes what was asked for.

    `tags` are the command line's, which count before the names of outputs; `date` is
    SOURCE_DATE_EPOCH in seconds; `room` is a folder for what has to lie somewhere meanwhile;
    `notes` tell what the store does not keep.
    """

    wanted: Wanted
    tags: tuple[str, ...]
    platforms: tuple[Platform, ...]
    backend: Backend
    cache: Cache
    vertices: Vertices
    date: int | None
    room: Path
    notes: Notes

    def files(self, roots: Sequence[Root]) -> None:
        """The outputs that are made of files, out of the mounted results, one a platform."""
        for output in self.wanted.files:
            if isinstance(output, TarOutput):
                self._tar(output, roots)
            else:
                self._local(output, roots)

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

    def images(self, results: Sequence[Result], made: str) -> Told:
        """The outputs that are made of images of the store; what there is to tell of them.

        `made` is the id of what has the names.
        """
        image = results[0].image
        told = Told(image, None, whole_names(self.wanted.store_names(self.tags)))
        self._warn_of_store(results)
        for output in self.wanted.outputs:
            descriptor = None
            if isinstance(output, ArchiveOutput):
                descriptor = self._archive(output, results)
                names = whole_names(self.tags or output.names)
            elif isinstance(output, ImageOutput):
                names = whole_names(self.tags or output.names)
                if output.store:
                    self._keep(output.form, results, made, names)
                if output.push:
                    descriptor = self._pushed(output, results, made)
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

    def finish(self, results: Sequence[Result], made: str) -> str:
        """All outputs that are made of images, if there are any, and the file about them.

        Gives the digest of an index of several platforms that went out; empty if there is none.
        """
        told = self.images(results, made) if results else Told()
        if self.wanted.metadata is not None:
            write_metadata(self.wanted.metadata, self._with_index(told, results, made))
        return told.manifest.digest if told.manifest and len(results) > 1 else ""

    def _with_index(self, told: Told, results: Sequence[Result], made: str) -> Told:
        """An index that did not go out is known by its digest in the store."""
        if told.manifest is not None or made in {"", *(result.image for result in results)}:
            return told
        manifest = stored_manifest(made)
        return told if manifest is None else replace(told, manifest=describe(manifest, OCI_INDEX))

    def _warn_of_store(self, results: Sequence[Result]) -> None:
        """The local store has no place for attestations."""
        attested = any(result.attestations for result in results)
        outputs = (output for output in self.wanted.outputs if isinstance(output, ImageOutput))
        if attested and any(not output.push for output in outputs):
            self.vertices.warn(UNKEPT)

    def _tar(self, output: TarOutput, roots: Sequence[Root]) -> None:
        with self.vertices.open("exporting to client tarball") as vertex:
            with images.opened(output.dest) as target:
                tar = Tar(target, self.date)
                for root in roots:
                    prefix = platform_name(root.platform) if len(roots) > 1 else ""
                    tar.add(root.path, prefix)
                    for name, data in root.files.items():
                        tar.add_file(name, data, prefix)
                size = tar.finish()
            vertex.status(f"sending tarball {size}B done")

    def _local(self, output: LocalOutput, roots: Sequence[Root]) -> None:
        size = left_out = 0
        split = len(roots) > 1 if output.split is None else output.split
        if len(roots) > 1 and not split:
            raise BuildError(
                "the files of several platforms do not go into one folder",
                id="platform-split",
                hint="leave out platform-split=false, or build for one platform",
            )
        with self.vertices.open("exporting to client directory") as vertex:
            with written(output.dest), staged_folder(output.dest, delete=output.delete) as place:
                for root in roots:
                    target = place
                    if split:
                        target = place / platform_name(root.platform)
                        target.mkdir()
                    copied = copy_files(root.path, target, self.date)
                    size, left_out = size + copied[0], left_out + copied[1]
                    for name, data in root.files.items():
                        (target / name).write_bytes(data)
            vertex.status(f"copying files {size}B done")
        if left_out:
            self.vertices.warn(f"{left_out} device files were not copied to {output.dest}")

    def _archive(self, output: ArchiveOutput, results: Sequence[Result]) -> Descriptor:
        title = f"exporting to {output.kind} image format"
        with self.vertices.open(title) as vertex:
            parts = self._parts(results)
            names = whole_names(self.tags or output.names)
            descriptor = images.write_archive(parts, output, names)
            _tell(vertex, parts, descriptor)
            vertex.status("sending tarball done" if not output.folder else "writing layout done")
        return descriptor

    def _parts(self, results: Sequence[Result]) -> list[Part]:
        return [
            Part(images.image_of(self.backend, each.image), each.attestations) for each in results
        ]

    def _pushed(self, output: ImageOutput, results: Sequence[Result], made: str) -> Descriptor:
        parts = self._parts(results)
        names = [parse(name) for name in whole_names(self.tags or output.names)]
        found = None
        for group in images.repositories(names):
            with self.vertices.open(f"pushing {group[0].name}") as vertex:
                form = output.form
                document = images.push(
                    self.backend,
                    parts,
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
                if output.store:
                    self.notes.keep_pushed(made, f"{group[0].name}@{document.descriptor.digest}")
                found = described_whole(document, parts, form)
        assert found is not None, "there is a name, as pushes without one are refused"
        return found

    def _keep(self, form: Form, results: Sequence[Result], made: str, names: Sequence[str]) -> None:
        """Keep the form of the images in the store, as far as it can, and note that of names."""
        for result in results if form.annotations else ():
            before = self.notes.kept(result.image)
            self._annotate(form, result.image)
            self.notes.keep_replaced(result.image, stored_manifest(result.image), before)
        if names and form != Form():
            self.notes.keep_form(made, names, form)

    def _annotate(self, form: Form, image: str) -> None:
        """Have the store keep a manifest with annotations."""
        source = images.image_of(self.backend, image)
        layers = [Blob("uncompressed", layer.diff_id, layer.size) for layer in source.layers]
        platform = platform_of(parse_config(source.config))
        annotations = chosen(form.annotations, "manifest", platform)
        with TemporaryDirectory(prefix="rootbuild-image-") as place:
            load_bare(self.backend, Path(place), source.config, layers, annotations)


def _tell(vertex: Vertex, parts: Sequence[Part], descriptor: Descriptor) -> None:
    vertex.status("exporting layers done")
    kind = "manifest list" if is_index(parts) else "manifest"
    vertex.status(f"exporting {kind} {descriptor.digest} done")
    for part in parts:
        vertex.status(f"exporting config sha256:{part.image.id} done")

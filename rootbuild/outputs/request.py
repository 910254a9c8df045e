"""What outputs a build was asked for. Every build imports this, so it is data alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from rootbuild.records import dataclass, field

Compression = Literal["uncompressed", "gzip", "zstd"]
Annotated = Literal["manifest", "manifest-descriptor", "index", "index-descriptor"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """`--annotation`: what it is put on, for which platform (empty: each), key and value."""

    where: Annotated
    key: str
    value: str
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How an image is written down outside of the store.

    `compression` None is the usual one of the output. Without `force`, layers that the other side
    has are left as they are there. `oci` None is what the output usually writes. `rewrite`: files
    of the layers that were built get no date later than the build's.
    """

    compression: Compression | None = None
    level: int | None = None
    force: bool = False
    oci: bool | None = None
    annotations: tuple[Annotation, ...] = ()
    rewrite: bool = False


@dataclass(frozen=True, slots=True)
class ImageOutput:
    """`type=image` and `type=registry`: an image in the store (`store`), pushed with `push`.

    `names` are as the user wrote them. With `by_digest` nothing is tagged in the registry;
    `insecure` allows one without trusted TLS. With `canonical` a name by digest is told as well.
    """

    names: tuple[str, ...] = ()
    push: bool = False
    by_digest: bool = False
    insecure: bool = False
    store: bool = True
    canonical: bool = False
    form: Form = field(default=Form())


@dataclass(frozen=True, slots=True)
class ArchiveOutput:
    """`type=docker` and `type=oci` with a destination: a file, None for standard output, or a
    folder in OCI layout (`folder`).
    """

    kind: Literal["docker", "oci"]
    dest: Path | None
    folder: bool = False
    names: tuple[str, ...] = ()
    form: Form = field(default=Form())


@dataclass(frozen=True, slots=True)
class TarOutput:
    """`type=tar`: the files of the result in an archive; None is standard output."""

    dest: Path | None


@dataclass(frozen=True, slots=True)
class LocalOutput:
    """`type=local`: the files of the result in a folder.

    With `delete` nothing else stays in it. With `split` they go into a folder for the platform;
    None does that where there are several.
    """

    dest: Path
    delete: bool = False
    split: bool | None = None


@dataclass(frozen=True, slots=True)
class CacheOutput:
    """`type=cacheonly`: the result stays in the cache, and nothing else is made of it."""


Output = ImageOutput | ArchiveOutput | TarOutput | LocalOutput | CacheOutput

USUAL: tuple[Output, ...] = (ImageOutput(),)
"""An image in the store."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """All outputs of a build, and the file for what is told about them (`--metadata-file`)."""

    outputs: tuple[Output, ...] = USUAL
    metadata: Path | None = None

    @property
    def usual(self) -> bool:
        """Whether all that is asked for is an image in the store, just as it is."""
        return self.metadata is None and all(_plain(output) for output in self.outputs)

    @property
    def image(self) -> bool:
        """Whether any of the outputs is made of an image."""
        return any(not isinstance(output, TarOutput | LocalOutput) for output in self.outputs)

    @property
    def files(self) -> tuple[TarOutput | LocalOutput, ...]:
        """The outputs that are made of the result's files."""
        found = (TarOutput, LocalOutput)
        return tuple(output for output in self.outputs if isinstance(output, found))

    @property
    def inside(self) -> bool:
        """Whether files of layers are read for them, which only the engine's namespace allows."""
        return any(_reads_files(output) for output in self.outputs)

    @property
    def rewrite(self) -> bool:
        """Whether dates in layers are rewritten."""
        return any(form.rewrite for form in self.forms())

    def forms(self) -> Iterable[Form]:
        """The forms of all outputs that are images."""
        return (
            output.form
            for output in self.outputs
            if isinstance(output, ImageOutput | ArchiveOutput)
        )

    def store_names(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """The names that the image is to have in the store; `tags` are the command line's."""
        found: dict[str, None] = {}
        for output in self.outputs:
            if isinstance(output, ImageOutput) and output.store:
                found.update(dict.fromkeys(tags or output.names))
        return tuple(found)


def _plain(output: Output) -> bool:
    return isinstance(output, ImageOutput) and not output.push and output.form == Form()


def _reads_files(output: Output) -> bool:
    if isinstance(output, ImageOutput):
        return output.push or output.form.rewrite or bool(output.form.annotations)
    return not isinstance(output, CacheOutput)

"""`image save` and `image push`: images straight out of the files of the store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Backend, StoredImage, choose_backend
from rootbuild.cache.database import open_cache
from rootbuild.cli.build import unwind_once
from rootbuild.cli.parse import Parsed
from rootbuild.errors import HostError, ImageNotFoundError, UsageError
from rootbuild.host.folders import cache_folder, state_folder
from rootbuild.host.settings import read
from rootbuild.image import reference
from rootbuild.image.config import parse_config, platform_of
from rootbuild.image.manifest import Descriptor, Document
from rootbuild.image.platform import Platform, build_platform
from rootbuild.outputs import images
from rootbuild.outputs.archive import Archive, Loadable
from rootbuild.outputs.image import write_image
from rootbuild.outputs.kept import kept_index, stored_manifest
from rootbuild.outputs.noted import Notes
from rootbuild.outputs.remembered import Remembered
from rootbuild.outputs.request import Form
from rootbuild.outputs.whole import Part, write_whole
from rootbuild.runtime.names import find_image, need_image

UNKNOWN_LAYOUT = "store-layout"

Push = tuple[str, dict[str, reference.Reference]]
"""An image (id), and what its names in the store are to be in the registry."""


def inside(work: Callable[[Backend], int], otherwise: Callable[[], int]) -> int:
    """Work where the files of layers can be read; the exit code.

    Where their layout is unknown, `otherwise` has the engine do it.
    """
    backend = choose_backend(read().value("engine") or None)
    code = process.join(backend.enter)
    if code is not None:
        return code
    unwind_once()
    try:
        return work(backend)
    except HostError as error:
        if error.id != UNKNOWN_LAYOUT:
            raise
        return otherwise()


def save(parsed: Parsed, otherwise: Callable[[], int]) -> int:
    """Write images into one archive, which docker, podman and readers of OCI layouts take."""
    dest = Path(parsed.text("output")) if parsed.text("output") else None

    def work(backend: Backend) -> int:
        known = backend.images()
        chosen: dict[str, list[str]] = {}
        for name in parsed.args:
            image, whole = identified(name, known)
            chosen.setdefault(image, []).extend([whole] if whole else [])
        with images.opened(dest) as target:
            write(backend, Archive(target), chosen, known)
        return 0

    return inside(work, otherwise)


def write(
    backend: Backend,
    archive: Archive,
    chosen: Mapping[str, Sequence[str]],
    known: Sequence[StoredImage],
) -> None:
    """Write images and indexes (ids), each with its names.

    Docker's list of what is to be loaded knows no indexes: it has the image for this host there.
    """
    entries: list[Descriptor] = []
    loadable: list[Loadable] = []
    notes = Notes(state_folder(), backend.images)
    for image, names in chosen.items():
        parts = parts_of(backend, image, known)
        for form, called in forms(notes, image, parts, tuple(dict.fromkeys(names))):
            kept = Form(oci=form.oci, annotations=form.annotations)
            document = write_whole(archive, parts, kept, "uncompressed", called)
            entries += images.entries(document, parts, kept, called)
            one = write_image(archive, _local(parts).image, kept, "uncompressed")
            loadable.append(images.loadable(one, called))
    archive.finish(entries, loadable)


def _local(parts: Sequence[Part]) -> Part:
    """The image for this host, or the first."""
    here = build_platform()
    return next((part for part in parts if _platform(part) == here), parts[0])


def _platform(part: Part) -> Platform | None:
    return platform_of(parse_config(part.image.config))


def push(parsed: Parsed, otherwise: Callable[[], int]) -> int:
    """Push an image, or with --all-tags all of a repository, in docker's words."""
    quiet = parsed.switch("quiet")

    def work(backend: Backend) -> int:
        known = backend.images()
        notes = Notes(state_folder(), backend.images)
        for image, names in _pushed(parsed, known):
            parts = parts_of(backend, image, known)
            if not quiet:
                _say(f"The push refers to repository [{next(iter(names.values())).name}]")
            for form, called in forms(notes, image, parts, tuple(names)):
                targets = [names[name] for name in called]
                with open_cache(cache_folder() / "cache.db") as cache:
                    document = images.push(
                        backend,
                        parts,
                        targets,
                        form,
                        tell=_silent if quiet else _told,
                        known=Remembered(cache),
                    )
                notes.keep_pushed(image, f"{targets[0].name}@{document.descriptor.digest}")
                _report(document, targets, quiet=quiet)
        return 0

    return inside(work, otherwise)


def _report(document: Document, names: Sequence[reference.Reference], *, quiet: bool) -> None:
    digest, size = document.descriptor.digest, len(document.data)
    for name in names:
        _say(str(name) if quiet else f"{name.tag}: digest: {digest} size: {size}")


def parts_of(backend: Backend, image: str, known: Sequence[StoredImage]) -> list[Part]:
    """An image (id), or the images of an index. Raises HostError."""
    instances = next((each.instances for each in known if each.id == image), ())
    return [Part(images.image_of(backend, one)) for one in instances or (image,)]


def forms(
    notes: Notes, image: str, parts: Sequence[Part], names: Sequence[str]
) -> list[tuple[Form, list[str]]]:
    """The forms in which an image (id), or an index with its parts, goes out again under names."""
    found: list[tuple[Form, list[str]]] = []
    for name in names or ("",):
        form = notes.form(image, name) or _kept(notes, image, parts)
        there = next((each for known, each in found if known == form), None)
        if there is None:
            found.append((form, there := []))
        there += [name] if name else []
    return found


def _kept(notes: Notes, image: str, parts: Sequence[Part]) -> Form:
    if [part.image.id for part in parts] == [image]:
        return notes.kept(image)
    each = {str(_platform(part) or ""): notes.kept(part.image.id) for part in parts}
    return kept_index(stored_manifest(image), each)


def identified(name: str, known: Sequence[StoredImage]) -> tuple[str, str]:
    """The id of an image, and its whole name if it was named. Raises ImageNotFoundError."""
    whole = need_image(name, known)
    if reference.is_id(whole):
        return whole, ""
    wanted = reference.parse(whole)
    for image in known:
        if whole in image.names or (wanted.digest and wanted.digest == image.digest):
            return image.id, "" if wanted.digest else whole
    raise ImageNotFoundError(f"No such image: {name}")


def _pushed(parsed: Parsed, known: Sequence[StoredImage]) -> list[Push]:
    """The images to push."""
    name = parsed.args[0]
    if parsed.switch("all-tags"):
        return _all_tags(name, known)
    found = reference.parse(name)
    if found.digest:
        raise UsageError("cannot push a digest reference", exit_code=1)
    if find_image(name, known) is None:
        raise ImageNotFoundError(
            f"An image does not exist locally with the tag: {found.familiar.rpartition(':')[0]}"
        )
    image, whole = identified(name, known)
    if ":" not in name.rpartition("/")[2] and not parsed.switch("quiet"):
        _say("Using default tag: latest")
    return [(image, {whole or str(found): found})]


def _all_tags(name: str, known: Sequence[StoredImage]) -> list[Push]:
    wanted = reference.parse(name)
    if ":" in name.rpartition("/")[2] or wanted.digest:
        raise UsageError("tag can't be used with --all-tags/-a", exit_code=1)
    found: list[Push] = []
    for image in known:
        names = {each: reference.parse(each) for each in sorted(image.names)}
        tags = {each: n for each, n in names.items() if n.name == wanted.name and n.tag}
        if tags:
            found.append((image.id, tags))
    if not found:
        raise ImageNotFoundError(f"An image does not exist locally with the tag: {name}")
    return found


def _told(layer: str, text: str) -> None:
    _say(f"{layer.partition(':')[2][:12]}: {text}")


def _silent(layer: str, text: str) -> None:
    """With --quiet nothing is said of layers."""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

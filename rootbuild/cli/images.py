"""`image ls`: Docker's table with Docker's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from fnmatch import fnmatchcase

from rootbuild.backend import StoredImage
from rootbuild.booleans import truth
from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.host.folders import state_folder
from rootbuild.image import dates, reference
from rootbuild.outputs.kept import made_here, stored_manifest
from rootbuild.outputs.noted import Notes
from rootbuild.records import replace
from rootbuild.runtime.calls import ask
from rootbuild.runtime.display import age, size, table
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

NONE = "<none>"
_HEADERS = {
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "ID": "IMAGE ID",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
}


def run(parsed: Parsed) -> int:
    """List images. Of filters the engine knows more: it says which images they leave."""
    runtime = choose_runtime()
    images, filters = runtime.images(), parsed.all("filter")
    dangling = _dangling(filters)
    if dangling is not None:
        images = [image for image in images if bool(image.names) is not dangling]
    others = [f"--filter={text}" for text in filters if not text.startswith("dangling=")]
    if others:
        outcome = ask(runtime, ("images", "--all", "--no-trunc", "--quiet", *others))
        if outcome.status != 0:
            outcome.replay()
            return 1
        left = {id.removeprefix("sha256:") for id in outcome.answer.decode().split()}
        images = [image for image in images if image.id in left]
    wanted = parsed.args[0] if parsed.args else ""
    found = list(entries(images, wanted, everything=parsed.switch("all") or dangling is True))
    if parsed.switch("digests") or parsed.has("format"):
        found = list(_with_digests(found, images))
    return rows.write(_shown(parsed, found))


def _shown(parsed: Parsed, found: Sequence[tuple[str, str, StoredImage]]) -> str:
    whole, form = parsed.switch("no-trunc"), parsed.text("format")
    if parsed.switch("quiet"):
        ids = dict.fromkeys(_id(image, whole) for _, _, image in found)
        return "".join(f"{id}\n" for id in ids)
    if form and form != "table":
        now = datetime.now(timezone.utc)
        return rows.many(form, [record(*row, whole, now) for row in found], _HEADERS, ())
    return listing(found, whole=whole, digests=parsed.switch("digests"))


def _dangling(filters: Sequence[str]) -> bool | None:
    """What the filters say of images without a name: only those, none of those, or nothing."""
    said = [text.partition("=")[2] for text in filters if text.startswith("dangling=")]
    return truth(said[-1]) if said else None


def record(repository: str, tag: str, image: StoredImage, whole: bool, now: datetime) -> Record:
    """An image as Docker's templates have it: all fields are text."""
    return Record(
        Containers="N/A",
        CreatedAt=image.created,
        CreatedSince=_age(image, now),
        Digest=image.digest or NONE,
        ID=_id(image, whole),
        Repository=repository,
        SharedSize="N/A",
        Size=size(image.size),
        Tag=tag,
        UniqueSize="N/A",
        VirtualSize=size(image.size),
    )


def entries(
    images: Sequence[StoredImage], wanted: str = "", *, everything: bool = False
) -> Iterator[tuple[str, str, StoredImage]]:
    """(repository, tag, image), the newest first; one entry a name.

    Images without a name are steps of builds, kept as a cache: they are left out unless
    `everything` is wanted.
    """
    for image in sorted(images, key=lambda image: image.created, reverse=True):
        if not image.names and everything and not wanted:
            yield NONE, NONE, image
        for name in sorted(image.names):
            parsed = reference.parse(name)
            repository = parsed.familiar.rsplit("@", 1)[0]
            repository = repository.removesuffix(f":{parsed.tag}") if parsed.tag else repository
            tag = parsed.tag or NONE
            if not wanted or _matches(wanted, repository, tag):
                yield repository, tag, image


def _with_digests(
    found: Sequence[tuple[str, str, StoredImage]], known: Sequence[StoredImage]
) -> Iterator[tuple[str, str, StoredImage]]:
    """The entries with the digests that images have in registries under these names."""
    notes = Notes(state_folder(), lambda: known)
    for repository, tag, image in found:
        pushed = [reference.familiar(place).partition("@") for place in notes.pushed(image.id)]
        digests = [digest for name, _, digest in pushed if name == repository]
        if not digests and not image.instances:
            here = made_here(stored_manifest(image.id, image.digest))
            digests = [] if here else [image.digest]
        yield repository, tag, replace(image, digest=digests[-1] if digests else "")


def listing(
    found: Sequence[tuple[str, str, StoredImage]],
    *,
    whole: bool = False,
    digests: bool = False,
    now: datetime | None = None,
) -> str:
    """The table."""
    at = now or datetime.now(timezone.utc)
    digest = ("DIGEST",) if digests else ()
    lines: list[tuple[str, ...]] = [("REPOSITORY", "TAG", *digest, "IMAGE ID", "CREATED", "SIZE")]
    for repository, tag, image in found:
        shown = (image.digest or NONE,) if digests else ()
        lines.append(
            (repository, tag, *shown, _id(image, whole), _age(image, at), size(image.size))
        )
    return table(lines)


def _id(image: StoredImage, whole: bool) -> str:
    return f"sha256:{image.id}" if whole else image.id[:12]


def _age(image: StoredImage, now: datetime) -> str:
    try:
        created = datetime.fromtimestamp(
            dates.nanoseconds(image.created) / dates.SECOND, timezone.utc
        )
    except ValueError:
        return "N/A"
    return age(created, now)


def _matches(wanted: str, repository: str, tag: str) -> bool:
    """Whether a name is meant by `REPOSITORY[:TAG]`, in which `*` and `?` stand for anything."""
    name, colon, wanted_tag = wanted.rpartition(":")
    if not colon or "/" in wanted_tag:
        name, wanted_tag = wanted, "*"
    local = repository.removeprefix("localhost/")
    return fnmatchcase(tag, wanted_tag) and (
        fnmatchcase(repository, name) or fnmatchcase(local, name)
    )

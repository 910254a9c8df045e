"""`image ls`: Docker's table with Docker's names."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from fnmatch import fnmatchcase

from rootbuild.backend import StoredImage, choose_runtime
from rootbuild.cli.engine import become
from rootbuild.cli.parse import Parsed
from rootbuild.image import reference
from rootbuild.runtime.display import age, size, table

NONE = "<none>"


def run(parsed: Parsed) -> int:
    """List images. With a template or a filter the engine does it."""
    if parsed.has("format") or parsed.has("filter"):
        asked = any(one.startswith("dangling=") for one in parsed.all("filter"))
        named = not asked and not parsed.switch("all")
        return become(parsed, ["--filter=dangling=false"] if named else [])
    wanted = parsed.args[0] if parsed.args else ""
    rows = list(entries(choose_runtime().images(), wanted, everything=parsed.switch("all")))
    whole = parsed.switch("no-trunc")
    if parsed.switch("quiet"):
        ids = dict.fromkeys(_id(image, whole) for _, _, image in rows)
        sys.stdout.write("".join(f"{id}\n" for id in ids))
        return 0
    sys.stdout.write(listing(rows, whole=whole, digests=parsed.switch("digests")))
    return 0


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


def listing(
    rows: Sequence[tuple[str, str, StoredImage]],
    *,
    whole: bool = False,
    digests: bool = False,
    now: datetime | None = None,
) -> str:
    """The table."""
    at = now or datetime.now(timezone.utc)
    digest = ("DIGEST",) if digests else ()
    lines: list[tuple[str, ...]] = [("REPOSITORY", "TAG", *digest, "IMAGE ID", "CREATED", "SIZE")]
    for repository, tag, image in rows:
        shown = (image.digest or NONE,) if digests else ()
        lines.append(
            (repository, tag, *shown, _id(image, whole), _age(image, at), size(image.size))
        )
    return table(lines)


def _id(image: StoredImage, whole: bool) -> str:
    return f"sha256:{image.id}" if whole else image.id[:12]


def _age(image: StoredImage, now: datetime) -> str:
    try:
        created = datetime.fromisoformat(image.created.replace("Z", "+00:00"))
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

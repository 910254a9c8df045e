"""Images in a folder in OCI layout: which one a reference means, read without an engine.

Format: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Nothing in such a
folder is trusted: what has a digest is held to it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from rootbuild.errors import ImageNotFoundError
from rootbuild.image.platform import Platform, parse_platform
from rootbuild.records import dataclass

LAYOUT = "oci-layout://"

_NAME = "org.opencontainers.image.ref.name"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SIZE_LIMIT = 4 << 20
_DEPTH_LIMIT = 4

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LayoutReference:
    """`oci-layout://FOLDER[:TAG][@DIGEST]`, taken apart. A digest says all, so it wins."""

    folder: Path
    tag: str = "latest"
    digest: str = ""


@dataclass(frozen=True, slots=True)
class LayoutImage:
    """An image of a layout: the digest of its manifest (`sha256:...`), and its id in a store."""

    manifest: str
    id: str


def is_layout(reference: str) -> bool:
    """Whether a reference is to an image in a layout."""
    return reference.startswith(LAYOUT)


def parse_layout(reference: str) -> LayoutReference:
    """Read a reference that `is_layout`."""
    rest, _, digest = reference.removeprefix(LAYOUT).partition("@")
    folder, _, tag = rest.partition(":")
    return LayoutReference(Path(folder), tag or "latest", digest)


def find_in_layout(reference: str, platform: Platform) -> LayoutImage:
    """The image that a reference means, for a platform.

    Without a digest it is what the index calls by the tag, or else the only one that is there.
    Raises ImageNotFoundError.
    """
    try:
        return _find(parse_layout(reference), platform)
    except OSError as error:
        raise _unresolved(reference, f"{error.filename}: {error.strerror}") from error
    except _BadLayoutError as error:
        raise _unresolved(reference, str(error)) from error


class _BadLayoutError(Exception):
    """What is wrong with a layout."""


def _find(reference: LayoutReference, platform: Platform) -> LayoutImage:
    digest = reference.digest or _named(reference)
    for _ in range(_DEPTH_LIMIT):
        content = _blob(reference.folder, digest)
        if "manifests" not in content:
            return _image(digest, content)
        digest = _chosen(content, platform)
    raise _BadLayoutError("indexes are nested too deeply")


def _image(digest: str, manifest: Json) -> LayoutImage:
    layers = manifest.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        _digest(layer)
    return LayoutImage(digest, _digest(manifest.get("config")).removeprefix("sha256:"))


def _named(reference: LayoutReference) -> str:
    entries = _entries(_read(reference.folder / "index.json"))
    named = [entry for entry in entries if _tag(entry) == reference.tag]
    if not named and len(entries) != 1:
        tags = ", ".join(filter(None, map(_tag, entries))) or "none"
        raise _BadLayoutError(f'nothing there is called "{reference.tag}" (tags: {tags})')
    return _digest((named or entries)[0])


def _chosen(index: Json, platform: Platform) -> str:
    for entry in _entries(index):
        if _platform(entry) == platform:
            return _digest(entry)
    raise _BadLayoutError(f"no match for platform {platform} in its index")


def _platform(entry: Json) -> Platform | None:
    told = entry.get("platform")
    if not isinstance(told, Mapping):
        return None
    parts = (told.get("os"), told.get("architecture"), told.get("variant"))
    try:
        return parse_platform("/".join(str(part) for part in parts if part))
    except ValueError:
        return None


def _blob(folder: Path, digest: str) -> Json:
    """A JSON document, found by its digest and checked against it."""
    if _DIGEST.fullmatch(digest) is None:
        raise _BadLayoutError(f"{digest!r} is not a sha256 digest")
    algorithm, _, value = digest.partition(":")
    data = _data(folder / "blobs" / algorithm / value)
    if hashlib.sha256(data).hexdigest() != value:
        raise _BadLayoutError(f"the content of {digest} does not match its digest")
    return _parsed(data, digest)


def _read(path: Path) -> Json:
    return _parsed(_data(path), path.name)


def _data(path: Path) -> bytes:
    with path.open("rb") as stream:
        data = stream.read(_SIZE_LIMIT + 1)
    if len(data) > _SIZE_LIMIT:
        raise _BadLayoutError(f"{path.name} is larger than {_SIZE_LIMIT} bytes")
    return data


def _parsed(data: bytes, name: str) -> Json:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _BadLayoutError(f"{name} is not JSON") from error
    if not isinstance(content, dict):
        raise _BadLayoutError(f"{name} holds no JSON object")
    return content


def _entries(index: Json) -> list[Json]:
    found = index.get("manifests")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _tag(entry: Json) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(_NAME) or "") if isinstance(annotations, Mapping) else ""


def _digest(descriptor: object) -> str:
    found = descriptor.get("digest") if isinstance(descriptor, Mapping) else None
    if not isinstance(found, str) or _DIGEST.fullmatch(found) is None:
        raise _BadLayoutError("a descriptor in it has no sha256 digest")
    return found


def _unresolved(reference: str, why: str) -> ImageNotFoundError:
    return ImageNotFoundError(
        f'oci-layout reference "{reference}" could not be resolved: {why}',
        hint="name a folder in OCI layout, as oci-layout://FOLDER[:TAG][@DIGEST]",
    )

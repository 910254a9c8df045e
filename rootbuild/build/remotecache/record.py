"""What a cache says: a JSON document, beside the layers that it names.

It leads from keys to content with digests, and to nothing else: no names, no commands, no values
of variables. It comes from elsewhere, so all of it is checked before anything is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rootbuild.records import dataclass, field

Value = TypeVar("Value")

CONFIG = "application/vnd.rootbuild.cacheconfig.v1+json"
INLINE = "rootbuild.cache.v1"
"""The field of an image's config that holds the document of type=inline."""

MOUNT = "application/vnd.rootbuild.cachemount.v1.tar+gzip"

_VERSION = 1
_KEY = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DATE = re.compile(r"[0-9T:.Z+-]{0,40}")
_LAYER = re.compile(
    r"application/vnd\.(oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)"
    r"([.+](gzip|zstd))?"
)
_MOUNT = re.compile(re.escape(MOUNT))
_MOST_LAYERS = 4096


class BadRecordError(Exception):
    """The document makes no sense."""


@dataclass(frozen=True, slots=True)
class Blob:
    """How a layer, or the content of a cache mount, is kept."""

    digest: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a step: its layers (diff ids) from the bottom, how many steps each holds."""

    diff_ids: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A whole cache. `blobs` are by diff id, `mounts` by the names of cache mounts' folders.

    `contents` are digests of what COPY --from takes, `dates` those of finished images, both by key.
    """

    blobs: Mapping[str, Blob] = field(default_factory=dict)
    steps: Mapping[str, Result] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, Blob] = field(default_factory=dict)


def dump(record: Record) -> bytes:
    """The document; the same for the same record."""
    content = {
        **inline(record, tuple(record.blobs)),
        "layers": [
            {"diffID": diff_id, **_described(blob)} for diff_id, blob in record.blobs.items()
        ],
        "mounts": {name: _described(blob) for name, blob in sorted(record.mounts.items())},
    }
    return json.dumps(content, separators=(",", ":")).encode()


def inline(record: Record, diff_ids: tuple[str, ...]) -> dict[str, object]:
    """The document for the config of an image with these layers, of which all results consist."""
    numbers = {diff_id: number for number, diff_id in enumerate(diff_ids)}
    return {
        "version": _VERSION,
        "steps": {
            key: [[numbers[each] for each in result.diff_ids], result.groups]
            for key, result in sorted(record.steps.items())
        },
        "contents": dict(sorted(record.contents.items())),
        "dates": dict(sorted(record.dates.items())),
    }


def load(data: bytes) -> Record:
    """Read a document. Raises BadRecordError."""
    try:
        content = json.loads(data)
        if content["version"] != _VERSION:
            raise BadRecordError(f"it is of version {content['version']!r}")
        layers = content["layers"]
        if len(layers) > _MOST_LAYERS:
            raise BadRecordError("too many layers")
        diff_ids = tuple(_matched(_DIGEST, each["diffID"]) for each in layers)
        return Record(
            blobs={name: _blob(each, _LAYER) for name, each in zip(diff_ids, layers, strict=True)},
            steps=_table(content["steps"], lambda value: _result(value, diff_ids)),
            contents=_table(content["contents"], _content),
            dates=_table(content["dates"], lambda value: _matched(_DATE, value)),
            mounts=_table(content["mounts"], lambda value: _blob(value, _MOUNT)),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BadRecordError(f"it cannot be understood: {error}") from error


def _described(blob: Blob) -> dict[str, object]:
    return {"digest": blob.digest, "size": blob.size, "mediaType": blob.media_type}


def _blob(found: Any, media_type: re.Pattern[str]) -> Blob:
    size = found["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadRecordError(f"{size!r} is no size")
    return Blob(_matched(_DIGEST, found["digest"]), size, _matched(media_type, found["mediaType"]))


def _table(found: Any, read: Callable[[Any], Value]) -> dict[str, Value]:
    return {_matched(_KEY, key): read(value) for key, value in found.items()}


def _result(found: Any, diff_ids: tuple[str, ...]) -> Result:
    numbers, groups = found
    counts = tuple(_count(each) for each in groups)
    layers = tuple(diff_ids[_index(each)] for each in numbers)
    if not 0 < len(counts) <= len(layers):
        raise BadRecordError("more groups of steps than layers")
    return Result(layers, counts)


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise BadRecordError(f"{value!r} is no number of steps")
    return value


def _index(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise BadRecordError(f"{value!r} is no layer")
    return value


def _content(value: object) -> str:
    """Digests of content are ours, and just compared: any short text will do."""
    if not isinstance(value, str) or len(value) > 200:
        raise BadRecordError("that is no digest")
    return value


def _matched(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise BadRecordError(f"{value!r:.80} is not what was expected")
    return value

"""Several images -> the index that holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from rootbuild.errors import RegistryError, UsageError
from rootbuild.image.platform import parse_platform
from rootbuild.image.reference import Reference, parse
from rootbuild.imagetools import documents
from rootbuild.imagetools.documents import MANIFESTS, Entry, platform_text
from rootbuild.imagetools.found import Found
from rootbuild.records import dataclass, replace
from rootbuild.registry.client import DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, digest_of

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ANNOTATION = re.compile(r"(?:([a-z-]+)(?:\[([A-Za-z0-9_/.,-]+)\])?:)?(\S+)")
_TYPES = ("index", "manifest-descriptor")


@dataclass(frozen=True, slots=True)
class Source:
    """What a new image is made of: a name, a digest, or a descriptor that says more about one."""

    text: str
    reference: Reference | None = None
    digest: str = ""
    more: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation of the index, or of its entries (of those for a platform, if it names one)."""

    kind: str
    platform: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Made:
    """A manifest or index that is to be written."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        """Its digest."""
        return digest_of(self.body)


def read_source(text: str) -> Source:
    """A digest, a name or a descriptor in JSON. Raises UsageError."""
    text = text.strip()
    if text.startswith("{"):
        try:
            document = json.loads(text)
            entry = documents.entry({"size": 0, **document})
        except (ValueError, TypeError, RegistryError) as error:
            raise _bad(text, str(error)) from error
        return Source(text, digest=entry.digest, more=document)
    if _DIGEST.fullmatch(text):
        return Source(text, digest=text)
    if text.startswith("sha256"):
        raise _bad(text, "invalid checksum digest")
    try:
        return Source(text, parse(text))
    except UsageError as error:
        raise _bad(text, error.report.message) from error


def read_annotation(text: str) -> Annotation:
    """`TYPE[PLATFORM]:KEY=VALUE`. Raises UsageError."""
    left, equals, value = text.partition("=")
    match = _ANNOTATION.fullmatch(left)
    if not equals or match is None:
        raise UsageError(f"invalid annotation {text!r}, expected key=value", exit_code=1)
    kind, platform, key = match.groups()
    if kind not in _TYPES:
        raise UsageError(
            f'"{kind or "manifest"}" annotations are not supported when an index is made',
            hint=f"write index:{key}={value} or manifest-descriptor:{key}={value}",
            exit_code=1,
        )
    try:
        wanted = str(parse_platform(platform)) if platform else ""
    except ValueError as error:
        raise UsageError(f"invalid annotation {text!r}: {error}", exit_code=1) from error
    return Annotation(kind, wanted, key, value)


def combine(
    parts: Sequence[tuple[Source, Found]],
    annotations: Sequence[Annotation],
    *,
    prefer_index: bool = True,
) -> Made:
    """The index that holds all images of the parts. Raises RegistryError.

    One part alone is taken over as it is if it is an index, or if none is preferred.
    """
    if len(parts) == 1 and not annotations and parts[0][0].more is None:
        found = parts[0][1]
        if found.is_index or not prefer_index:
            return Made(found.entry.media_type, found.manifest.body)
    entries: dict[str, Entry] = {}
    for source, found in parts:
        for entry in _entries(source, found):
            entries[entry.digest] = _over(entry, entries.get(entry.digest))
    return _index(list(entries.values()), [found.entry for _, found in parts], annotations)


def _entries(source: Source, found: Found) -> list[Entry]:
    if found.is_index:
        return found.entries()
    if found.entry.media_type not in MANIFESTS:
        raise RegistryError(f"{found.reference} is no image: {found.entry.media_type}",
                            id="registry-manifest")  # fmt: skip
    document = {**found.entry.document, **_known(source.more or {})}
    if "platform" not in document:
        document["platform"] = _platform(found)
    return [replace(found.entry, document=document)]


def _known(more: dict[str, Any]) -> dict[str, Any]:
    """Of a descriptor that was given, what it adds."""
    return {key: more[key] for key in ("mediaType", "annotations", "platform") if more.get(key)}


def _platform(found: Found) -> dict[str, Any]:
    config = found.config()
    keys = ("architecture", "os", "variant", "os.version", "os.features")
    return {key: config[key] for key in keys if config.get(key)}


def _over(new: Entry, old: Entry | None) -> Entry:
    """An entry that is named twice: the later platform and annotations count."""
    if old is None:
        return new
    document = {**old.document, **new.document}
    annotations = {**old.annotations, **new.annotations}
    if annotations:
        document["annotations"] = annotations
    return replace(new, document=document)


def _index(
    entries: Sequence[Entry], sources: Iterable[Entry], annotations: Sequence[Annotation]
) -> Made:
    oci = bool(annotations) or any(
        entry.media_type in (OCI_INDEX, OCI_MANIFEST) for entry in (*entries, *sources)
    )
    kind = OCI_INDEX if oci else DOCKER_LIST
    content: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": kind,
        "manifests": [_annotated(entry, annotations).document for entry in entries],
    }
    own = {each.key: each.value for each in annotations if each.kind == "index"}
    if own:
        content["annotations"] = own
    return Made(kind, json.dumps(content, indent=2, ensure_ascii=False).encode())


def _annotated(entry: Entry, annotations: Sequence[Annotation]) -> Entry:
    if entry.about:
        return entry
    more = {
        each.key: each.value
        for each in annotations
        if each.kind == "manifest-descriptor"
        and each.platform in ("", platform_text(entry.platform))
    }
    if not more:
        return entry
    return replace(entry, document={**entry.document, "annotations": {**entry.annotations, **more}})


def _bad(text: str, why: str) -> UsageError:
    return UsageError(
        f'failed to parse source "{text}", valid sources are digests, references and descriptors: '
        f"{why}",
        exit_code=1,
    )

"""What an image of the store brings along beside its config: how its manifest is, annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rootbuild.outputs.request import Annotated, Annotation, Form
from rootbuild.records import replace
from rootbuild.storage.index import Index, UnknownLayoutError

_OCI = "application/vnd.oci."


def stored_manifest(image: str, digest: str = "") -> bytes | None:
    """The last manifest of an image (id), or that of a digest; None if it cannot be found."""
    try:
        return Index().manifest(image, digest)
    except UnknownLayoutError:
        return None


def kept_form(manifest: bytes | None) -> Form:
    """The form in which an image goes out again as it is in the store, by its manifest there."""
    content = _parsed(manifest)
    try:
        oci = str(content["config"]["mediaType"]).startswith(_OCI)
        return Form(oci=oci, annotations=tuple(_annotations(content, "manifest")))
    except (KeyError, TypeError, AttributeError):
        return Form(oci=False)


def kept_index(index: bytes | None, images: Mapping[str, Form]) -> Form:
    """The same of an index, by its manifest, and the forms of its images by platform."""
    content = _parsed(index)
    found = list(_annotations(content, "index"))
    entries = content.get("manifests")
    for entry in entries if isinstance(entries, list) else ():
        platform = _platform(entry)
        found += (
            replace(each, platform=platform)
            for each in _annotations(entry, "manifest-descriptor")
            if platform
        )
    for platform, form in images.items():
        found += (replace(each, platform=platform) for each in form.annotations)
    return Form(oci=all(form.oci for form in images.values()), annotations=tuple(found))


def made_here(manifest: bytes | None) -> bool:
    """Whether a manifest is a store's own, or an archive's: with layers that are not compressed.

    Those of images in registries are.
    """
    layers = _parsed(manifest).get("layers")
    types = (
        str(layer.get("mediaType"))
        for layer in (layers if isinstance(layers, list) else ())
        if isinstance(layer, Mapping)
    )
    return any(each.endswith(".tar") for each in types)


def _platform(entry: object) -> str:
    told = entry.get("platform") if isinstance(entry, Mapping) else None
    if not isinstance(told, Mapping):
        return ""
    parts = (told.get("os"), told.get("architecture"), told.get("variant"))
    return "/".join(str(part) for part in parts if part)


def _parsed(data: bytes | None) -> Mapping[str, Any]:
    try:
        content = json.loads(data or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _annotations(content: object, where: Annotated) -> Iterator[Annotation]:
    given = content.get("annotations") if isinstance(content, Mapping) else None
    for key, value in given.items() if isinstance(given, Mapping) else ():
        yield Annotation(where, str(key), str(value))

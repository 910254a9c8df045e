"""What `imagetools inspect` and `manifest inspect` print about an image."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rootbuild.image.reference import Reference
from rootbuild.imagetools.documents import Entry, platform_text
from rootbuild.imagetools.found import Found, provenance, sbom
from rootbuild.template import Record, Value


def text(found: Found) -> str:
    """The image, and the members of an index, for people."""
    entry = found.entry
    lines = [("Name:", str(found.reference)), ("MediaType:", entry.media_type),
             ("Digest:", entry.digest)]  # fmt: skip
    parts = [_aligned(lines, "")]
    if found.is_index:
        members = [_aligned(_member(found.reference, each), "  ") for each in found.entries()]
        parts.append("           \nManifests: \n" + "             \n".join(members))
    return "".join(parts)


def record(found: Found) -> Record:
    """The image as templates see it. What is dear to find out is found when it is asked for."""
    images = _Images(found)
    return _Deferred(
        {
            "Name": lambda: str(found.reference),
            "Manifest": lambda: _manifest(found),
            "Image": images.configs,
            "Provenance": lambda: images.statements(provenance, "SLSA"),
            "SBOM": lambda: images.statements(sbom, "SPDX"),
        }
    )


def indented(printed: str) -> str:
    """JSON as buildx's templates print it."""
    try:
        return json.dumps(json.loads(printed), indent=2, ensure_ascii=False)
    except ValueError:
        return printed


def _member(reference: Reference, entry: Entry) -> list[tuple[str, str]]:
    tag = f":{reference.tag}" if reference.tag else ""
    lines = [("Name:", f"{reference.name}{tag}@{entry.digest}"), ("MediaType:", entry.media_type)]
    if entry.platform:
        lines.append(("Platform:", platform_text(entry.platform)))
    if entry.annotations:
        lines.append(("Annotations:", ""))
        lines += [(f"  {key}:", value) for key, value in sorted(entry.annotations.items())]
    return lines


def _aligned(lines: list[tuple[str, str]], indent: str) -> str:
    width = max(len(name) for name, _ in lines)
    return "".join(f"{indent}{name.ljust(width)} {value}\n" for name, value in lines)


def _manifest(found: Found) -> Record:
    entry = found.entry
    if not found.is_index:
        return Record(entry.document)
    content: dict[str, Any] = {
        "schemaVersion": found.document.get("schemaVersion", 2),
        "mediaType": entry.media_type,
        "digest": entry.digest,
        "size": entry.size,
        "manifests": [Record(each.document) for each in found.entries()],
    }
    if found.document.get("annotations"):
        content["annotations"] = found.document["annotations"]
    return Record(content)


class _Images:
    """The images behind a name, by their platforms."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def _members(self) -> list[tuple[str, Entry, Found]]:
        if not self._found.is_index:
            return [("", self._found.entry, self._found)]
        return [
            (platform_text(entry.platform), entry, self._found.member(entry))
            for entry in self._found.entries()
            if not entry.about
        ]

    def configs(self) -> Value:
        """The config of a single image, or those of all by platforms."""
        found = {name: Record(member.config()) for name, _, member in self._members()}
        return found if len(found) > 1 else next(iter(found.values()), None)

    def statements(
        self, pick: Callable[[dict[str, dict[str, Any]]], dict[str, Any] | None], name: str
    ) -> Value:
        """What attestations say about the single image, or about all by platforms."""
        if not self._found.is_index:
            return Record()
        entries = self._found.entries()
        about = {each.about: each for each in entries if each.about}
        found: dict[str, Record] = {}
        images = [each for each in entries if not each.about]
        for image in images:
            if image.digest in about:
                said = pick(self._found.member(about[image.digest]).statements())
                if said is not None:
                    found[platform_text(image.platform)] = Record({name: said})
        if len(images) > 1:
            return found
        return next(iter(found.values()), Record())


class _Deferred(Record):
    """A record whose fields are found when they are asked for."""

    def __init__(self, fields: dict[str, Callable[[], Value]]) -> None:
        super().__init__(dict.fromkeys(fields))
        self._fields = fields

    def __getitem__(self, name: str) -> Value:
        return self._fields[name]()

    def items(self) -> Any:
        """All fields; each is found."""
        return {name: self[name] for name in self._fields}.items()

    def values(self) -> Any:
        """All values; each is found."""
        return {name: self[name] for name in self._fields}.values()

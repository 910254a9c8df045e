"""`--output`, `--push`, `--load`, `--annotation` and `--metadata-file`, by buildx's rules.

Source of the grammar: https://docs.docker.com/reference/cli/docker/buildx/build/
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from rootbuild.booleans import truth
from rootbuild.cli.parse import Parsed
from rootbuild.dockerfile.fields import CsvError, split_csv
from rootbuild.errors import UnsupportedError, UsageError
from rootbuild.outputs.failure import check_place
from rootbuild.outputs.request import (
    USUAL,
    Annotated,
    Annotation,
    ArchiveOutput,
    CacheOutput,
    Compression,
    Form,
    ImageOutput,
    LocalOutput,
    Output,
    TarOutput,
    Wanted,
)
from rootbuild.records import dataclass, replace

TYPES = ("cacheonly", "docker", "image", "local", "oci", "registry", "tar")
_COMPRESSIONS: Mapping[str, Compression] = {
    "uncompressed": "uncompressed",
    "gzip": "gzip",
    "zstd": "zstd",
}
_PLACES: Mapping[str, Annotated] = {
    "manifest": "manifest",
    "manifest-descriptor": "manifest-descriptor",
    "index": "index",
    "index-descriptor": "index-descriptor",
}
_MOST_LEVEL = 22
_PREFIX = re.compile(r"([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):(.+)", re.DOTALL)
_PLACE = re.compile(r"([a-z-]+)(?:\[([^\]]*)\])?")
_ATTRIBUTE = re.compile(r"annotation(?:-([a-z-]+))?(?:\[([^\]]*)\])?\.(.+)", re.DOTALL)
_FORM = ("compression", "compression-level", "force-compression", "oci-mediatypes",
         "rewrite-timestamp")  # fmt: skip
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "image": ("name", "push", "push-by-digest", "registry.insecure", "store", "unpack",
              "name-canonical", *_FORM),
    "docker": ("name", "dest", "tar", *_FORM),
    "oci": ("name", "dest", "tar", *_FORM),
    "tar": ("dest",),
    "local": ("dest", "mode", "platform-split"),
    "cacheonly": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One `--output`: its type and its attributes, as they are written."""

    kind: str
    attributes: Mapping[str, str]

    def text(self, name: str) -> str:
        """An attribute; empty if it is not there."""
        return self.attributes.get(name, "")

    def switch(self, name: str, default: bool = False) -> bool:
        """An attribute that is on or off. Raises UsageError."""
        text = self.attributes.get(name)
        if text is None:
            return default
        try:
            return truth(text)
        except ValueError:
            raise _invalid(f"non-bool value {text!r} specified for {name}") from None


def read_outputs(parsed: Parsed, *, indexed: bool = False) -> Wanted:
    """All that the command line says about outputs; `indexed` tells that there will be an index.

    Raises UsageError, UnsupportedError.
    """
    annotations = tuple(each for text in parsed.all("annotation") for each in read_annotation(text))
    entries = [read_entry(text) for text in parsed.all("output") if text]
    outputs = [_output(entry) for entry in entries]
    if parsed.switch("push"):
        outputs = _pushing(outputs)
    if parsed.switch("load") and not any(_loads(output) for output in outputs):
        outputs.append(ImageOutput())
    wanted = Wanted(
        tuple(_annotated(output, annotations) for output in outputs or USUAL),
        _metadata_file(parsed.text("metadata-file")),
    )
    _check(wanted, bool(parsed.all("tag")), indexed=indexed)
    return wanted


def read_entry(text: str) -> Entry:
    """Take one `--output` apart: `type=...,key=value`, a folder, or `-` for a tar. UsageError."""
    fields = _fields(text)
    if len(fields) == 1 and fields[0] == text and not text.startswith("type="):
        return Entry("tar", {"dest": "-"}) if text == "-" else Entry("local", {"dest": text})
    attributes: dict[str, str] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals:
            raise _invalid(f"invalid value {field}")
        attributes[key.strip().lower()] = value
    kind = attributes.pop("type", "")
    if not kind:
        raise _invalid("type is required for output")
    if kind not in TYPES:
        raise UsageError(
            f'exporter "{kind}" could not be found', hint="one of: " + ", ".join(TYPES)
        )
    if kind == "registry":
        kind, attributes = "image", {"push": "true", **attributes}
    for name in attributes:
        if name not in _KNOWN[kind] and not _ATTRIBUTE.fullmatch(name):
            raise UsageError(
                f"unknown option {name!r} of the output type={kind}",
                hint="known ones: " + ", ".join(_KNOWN[kind] or ("none",)),
            )
    return Entry(kind, attributes)


def read_annotation(text: str) -> Iterable[Annotation]:
    """`[PLACE[PLATFORM],...:]KEY=VALUE`. Raises UsageError."""
    found = _PREFIX.fullmatch(text)
    head = text.partition("=")[0]
    places, rest = (found[1], found[2]) if found and found[1] in head else ("manifest", text)
    key, equals, value = rest.partition("=")
    if not equals or not key:
        raise _invalid(f"invalid annotation {text!r}, expected key=value")
    for place in places.split(","):
        yield _annotation(place, key, value)


def _annotation(place: str, key: str, value: str) -> Annotation:
    parts = _PLACE.fullmatch(place)
    if parts is None or parts[1] not in _PLACES:
        raise _invalid(f"unknown annotation type {place!r}")
    return Annotation(_PLACES[parts[1]], key, value, parts[2] or "")


def _output(entry: Entry) -> Output:
    if entry.kind == "cacheonly":
        return CacheOutput()
    if entry.kind == "tar":
        return TarOutput(_file(entry))
    if entry.kind == "local":
        return _local(entry)
    if entry.kind == "image":
        return _image(entry)
    return _archive(entry)


def _image(entry: Entry) -> ImageOutput:
    return ImageOutput(
        _names(entry),
        entry.switch("push"),
        entry.switch("push-by-digest"),
        entry.switch("registry.insecure"),
        entry.switch("store", True),
        entry.switch("name-canonical"),
        _form(entry),
    )


def _archive(entry: Entry) -> Output:
    kind: Literal["docker", "oci"] = "docker" if entry.kind == "docker" else "oci"
    if not entry.switch("tar", True):
        return ArchiveOutput(kind, _folder(entry), True, _names(entry), _form(entry))
    if kind == "docker" and not entry.text("dest"):
        return ImageOutput(_names(entry), form=_form(entry))
    return ArchiveOutput(kind, _file(entry), False, _names(entry), _form(entry))


def _local(entry: Entry) -> LocalOutput:
    mode = entry.text("mode") or "copy"
    if mode not in ("copy", "delete"):
        raise _invalid(f"invalid local exporter mode {mode!r}, expected copy or delete")
    dest = _folder(entry)
    if mode == "delete":
        _check_deletable(dest)
    split = entry.switch("platform-split") if entry.text("platform-split") else None
    return LocalOutput(dest, mode == "delete", split)


def _form(entry: Entry) -> Form:
    text = entry.text("compression")
    if text == "estargz":
        raise UnsupportedError(
            "compression=estargz is not supported",
            hint="choose zstd or gzip: clients that do not know estargz read these as well",
            exit_code=125,
        )
    if text and text not in _COMPRESSIONS:
        raise _invalid(f"unsupported compression type {text}")
    annotations = (
        replace(_annotation(match[1] or "manifest", match[3], value), platform=match[2] or "")
        for name, value in entry.attributes.items()
        if (match := _ATTRIBUTE.fullmatch(name))
    )
    return Form(
        _COMPRESSIONS[text] if text else None,
        _level(entry.text("compression-level")),
        entry.switch("force-compression"),
        entry.switch("oci-mediatypes") if "oci-mediatypes" in entry.attributes else None,
        tuple(annotations),
        entry.switch("rewrite-timestamp"),
    )


def _level(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) > _MOST_LEVEL:
        raise _invalid(f"invalid compression-level {text!r}: 0 to {_MOST_LEVEL}")
    return int(text)


def _names(entry: Entry) -> tuple[str, ...]:
    return tuple(name for name in entry.text("name").split(",") if name)


def _file(entry: Entry) -> Path | None:
    """The destination that is a file; None for standard output, unless that is a terminal."""
    dest = entry.text("dest")
    if dest in ("", "-"):
        if sys.stdout is None or sys.stdout.isatty():
            raise UsageError(
                f"dest file is required for {entry.kind} exporter. refusing to write to console",
                hint=f"name one (--output type={entry.kind},dest=FILE), or redirect the output",
                exit_code=1,
            )
        return None
    if os.path.isdir(dest):
        raise _invalid(f"destination file {dest} is a directory")
    check_place(Path(dest))
    return Path(dest)


def _folder(entry: Entry) -> Path:
    dest = entry.text("dest")
    if not dest:
        raise _invalid(f"dest is required for {entry.kind} exporter")
    if dest == "-":
        raise _invalid(f"dest cannot be stdout for {entry.kind} exporter")
    if os.path.exists(dest) and not os.path.isdir(dest):
        raise _invalid(f"destination directory {dest} is a file")
    check_place(Path(dest), folder=True)
    return Path(dest)


def _metadata_file(name: str) -> Path | None:
    """Where to tell about the result; that it can be written is checked before the build."""
    if not name:
        return None
    check_place(Path(name))
    return Path(name)


def _check_deletable(dest: Path) -> None:
    """Refuse to empty what can only be named by mistake."""
    real = Path(os.path.realpath(dest))
    for precious in (Path.home(), Path.cwd()):
        if real == precious or real in precious.parents:
            raise UsageError(
                f"mode=delete would remove everything else in {real}",
                hint="name a folder that holds nothing but the export",
            )


def _pushing(outputs: list[Output]) -> list[Output]:
    """As `--push` asks: what is an image already is pushed, else one more is made."""
    if not any(isinstance(output, ImageOutput) for output in outputs):
        return [*outputs, ImageOutput(push=True)]
    return [
        replace(output, push=True) if isinstance(output, ImageOutput) else output
        for output in outputs
    ]


def _loads(output: Output) -> bool:
    return isinstance(output, ImageOutput) and output.store


def _annotated(output: Output, annotations: tuple[Annotation, ...]) -> Output:
    if isinstance(output, ImageOutput | ArchiveOutput):
        form = replace(output.form, annotations=(*output.form.annotations, *annotations))
        return replace(output, form=form)
    return output


def _check(wanted: Wanted, tagged: bool, *, indexed: bool) -> None:
    for output in wanted.outputs:
        if isinstance(output, ImageOutput) and output.push and not (tagged or output.names):
            raise UsageError("tag is needed when pushing to registry", exit_code=1)
    if sum(getattr(output, "dest", wanted) is None for output in wanted.outputs) > 1:
        raise _invalid("multiple outputs configured to write to stdout")
    for form in wanted.forms():
        for each in form.annotations:
            if each.where in ("index", "index-descriptor") and not indexed:
                raise UnsupportedError(
                    "index annotations not supported for single platform export",
                    hint="put it on the manifest: --annotation manifest:KEY=VALUE",
                    exit_code=125,
                )


def _fields(text: str) -> list[str]:
    """The fields of a line of comma-separated values. Raises UsageError."""
    try:
        return split_csv(text)
    except CsvError as error:
        raise _invalid(f"{text!r}: {error}") from error


def _invalid(why: str) -> UsageError:
    return UsageError(f'invalid argument for "-o, --output" flag: {why}')

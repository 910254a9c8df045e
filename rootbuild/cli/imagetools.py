"""`buildx imagetools inspect|create` and `manifest inspect`: images in registries."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.errors import HostError, UsageError
from rootbuild.host.folders import cache_folder
from rootbuild.image.reference import Reference, parse
from rootbuild.imagetools import shown
from rootbuild.imagetools.combine import (
    Made,
    Source,
    combine,
    read_annotation,
    read_source,
)
from rootbuild.imagetools.copying import copy
from rootbuild.imagetools.found import Found, find
from rootbuild.records import replace
from rootbuild.registry.client import Registries
from rootbuild.runtime.calls import ask, call
from rootbuild.runtimes import choose_runtime

_ONLY_JSON = re.compile(r"\{\{-?\s*json\s[^{}]*\}\}\s*")


def inspect(parsed: Parsed) -> int:
    """Show what a name leads to: for people, as it was sent (`--raw`), or by a template."""
    raw, form = parsed.switch("raw"), parsed.text("format")
    if raw and form:
        raise UsageError("format and raw cannot be used together", exit_code=1)
    found = find(Registries(), parse(parsed.args[0]))
    if raw:
        sys.stdout.buffer.write(found.manifest.body)
        sys.stdout.buffer.flush()
        return 0
    if not form:
        return rows.write(shown.text(found))
    line = rows.one(form, shown.record(found))
    is_json = form == "json" or _ONLY_JSON.fullmatch(form)
    return rows.write(shown.indented(line) + "\n" if is_json else line)


def create(parsed: Parsed) -> int:
    """Make an image of others, and write it under all tags."""
    dry = parsed.switch("dry-run")
    tags = [parse(text) for text in parsed.all("tag")]
    if not parsed.args and not parsed.has("file"):
        raise UsageError("no sources specified", exit_code=1)
    if not tags and not dry:
        raise UsageError("can't push with no tags specified, please set --tag or --dry-run",
                         exit_code=1)  # fmt: skip
    annotations = [read_annotation(text) for text in parsed.all("annotation")]
    registries = Registries()
    parts = [(source, find(registries, _named(source, tags, parsed)))
             for source in _sources(parsed, tags)]  # fmt: skip
    made = combine(parts, annotations, prefer_index=parsed.switch("prefer-index", True))
    if dry:
        return rows.write(f"{made.body.decode()}\n")
    for tag in tags:
        _push(registries, [found for _, found in parts], made, tag, parsed)
    return 0


def _sources(parsed: Parsed, tags: list[Reference]) -> list[Source]:
    texts = [_file(name) for name in parsed.all("file")] + list(parsed.args)
    found = [read_source(text) for text in texts]
    if parsed.switch("append") and tags:
        return [Source(str(tags[0]), tags[0]), *found]
    return found


def _file(name: str) -> str:
    try:
        return Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {name}: {error}", exit_code=1) from error


def _named(source: Source, tags: list[Reference], parsed: Parsed) -> Reference:
    """Where a source is; one without a name is where everything else is."""
    if source.reference is not None:
        return source.reference
    others = [read_source(text).reference for text in parsed.args]
    names = {each.name: each for each in (*tags, *others) if each is not None}
    if len(names) != 1:
        raise UsageError(
            f'multiple repositories specified, cannot infer repository for "{source.text}"'
            if names
            else "no repositories specified, please set a reference in tag or source",
            exit_code=1,
        )
    (only,) = names.values()
    return replace(only, tag="", digest=source.digest)


def _push(
    registries: Registries, parts: list[Found], made: Made, tag: Reference, parsed: Parsed
) -> None:
    """Have all that an image leads to in its repository, and write it under a tag."""
    target = registries.writable(tag)
    quiet = parsed.text("progress") == "quiet"
    place = cache_folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix="imagetools-") as folder:
            for found in parts:
                if found.reference.name != tag.name:
                    _say(quiet, f"copying {found.manifest.digest} from {found.reference} to {tag}")
                    copy(found, target, Path(folder))
    except OSError as error:
        raise HostError(
            f"cannot keep a blob in {place}: {error.strerror}",
            id="cache-folder",
            hint="make room, or set XDG_CACHE_HOME to another folder",
        ) from error
    _say(quiet, f"pushing {made.digest} to {tag}")
    target.put_manifest(tag.tag or made.digest, made.body, made.media_type)


def _say(quiet: bool, line: str) -> None:
    if not quiet:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def manifest(parsed: Parsed) -> int:
    """`docker manifest inspect`: the manifest or list of a name, as JSON."""
    if _is_local_list(parsed.args[-1]):
        runtime = choose_runtime()
        outcome = call(runtime, ("manifest", "inspect", parsed.args[-1]))
        outcome.replay()
        return min(outcome.status, 1)
    found = find(Registries(), parse(parsed.args[-1]))
    if not parsed.switch("verbose"):
        return rows.write(_tabbed(found.document))
    members = [found.member(entry) for entry in found.entries()] if found.is_index else [found]
    described = [_verbose(member) for member in members]
    return rows.write(_tabbed(described if found.is_index else described[0]))


def _is_local_list(name: str) -> bool:
    """Whether the engine keeps a list of that name, which was not pushed yet."""
    return ask(choose_runtime(), ("manifest", "exists", name)).status == 0


def _verbose(found: Found) -> dict[str, object]:
    config = found.config()
    keys = ("architecture", "os", "variant")
    platform = {key: config[key] for key in keys if config.get(key)}
    kind = "OCIManifest" if "oci" in found.entry.media_type else "SchemaV2Manifest"
    return {
        "Ref": str(found.reference),
        "Descriptor": {**found.entry.document, "platform": platform},
        kind: found.document,
    }


def _tabbed(value: object) -> str:
    return json.dumps(value, indent="\t", ensure_ascii=False) + "\n"

"""`--cache-from` and `--cache-to` of `image build`, and BUILDKIT_INLINE_CACHE."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from rootbuild.booleans import read_boolean
from rootbuild.build.remotecache.request import CacheSource, CacheTarget, Compression, Mode
from rootbuild.errors import UsageError
from rootbuild.image.reference import parse

INLINE_ARGUMENT = "BUILDKIT_INLINE_CACHE"

_SERVERS = {
    "gha": "it needs GitHub's cache service, which cannot be reached from here",
    "s3": "buckets of S3 are not spoken to",
    "azblob": "Azure's blob storage is not spoken to",
}
_FORM = (
    *("mode", "compression", "compression-level", "force-compression"),
    *("image-manifest", "oci-mediatypes", "ignore-error", "mounts"),
)
_SOURCE_KEYS = {"registry": ("ref",), "local": ("src", "digest", "tag")}
_TARGET_KEYS = {
    "registry": ("ref", *_FORM),
    "local": ("dest", "tag", *_FORM),
    "inline": ("mode", "ignore-error"),
}
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def read_sources(texts: Sequence[str]) -> tuple[CacheSource, ...]:
    """All `--cache-from`. Raises UsageError."""
    flag = "--cache-from"
    return tuple(_source(flag, text, given) for text in texts for given in _given(flag, text))


def read_targets(texts: Sequence[str], arguments: Mapping[str, str]) -> tuple[CacheTarget, ...]:
    """All `--cache-to`, and the inline one that a build argument asks for. Raises UsageError."""
    flag = "--cache-to"
    found = [_target(flag, text, given) for text in texts for given in _given(flag, text)]
    asked = read_boolean(arguments.get(INLINE_ARGUMENT, ""))
    if asked and all(target.kind != "inline" for target in found):
        found.append(CacheTarget("inline"))
    return tuple(found)


def _given(flag: str, text: str) -> list[dict[str, str]]:
    """What one option says: names of images alone are caches in registries, one each."""
    import csv

    fields = next(csv.reader([text]), [])
    if not fields:
        return []
    if all("=" not in field for field in fields):
        return [{"type": "registry", "ref": field} for field in fields]
    given: dict[str, str] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals:
            raise _bad(flag, text, f"invalid value {field}")
        given[key.lower()] = value
    if not given.get("type"):
        raise _bad(flag, text, f'type required form> "{text}"')
    return [given]


def _source(flag: str, text: str, given: Mapping[str, str]) -> CacheSource:
    kind = given["type"]
    if kind in _SERVERS:
        return CacheSource("absent", why=f"type={kind}: {_SERVERS[kind]}")
    _check(flag, text, given, _SOURCE_KEYS)
    if kind == "local":
        digest, tag = given.get("digest", ""), given.get("tag", "latest")
        if not given.get("src"):
            raise _bad(flag, text, "local cache importer requires src")
        if digest and not _DIGEST.fullmatch(digest):
            raise _bad(flag, text, f'invalid digest "{digest}"')
        return CacheSource(
            "local", folder=Path(given["src"]).absolute(), tag=_tag(flag, text, tag), digest=digest
        )
    return CacheSource("registry", ref=_reference(flag, text, given))


def _target(flag: str, text: str, given: Mapping[str, str]) -> CacheTarget:
    kind = given["type"]
    ignore = _boolean(flag, text, given, "ignore-error", False)
    if kind in _SERVERS:
        why = f"type={kind}: {_SERVERS[kind]}"
        return CacheTarget("absent", ref=kind, ignore_error=ignore, why=why)
    _check(flag, text, given, _TARGET_KEYS)
    mode = given.get("mode", "min")
    if mode not in ("min", "max"):
        raise _bad(flag, text, f"invalid mode {mode}: it is min or max")
    if kind == "inline":
        return CacheTarget("inline")
    compression = given.get("compression", "gzip")
    if compression not in ("gzip", "zstd", "uncompressed"):
        raise _bad(flag, text, f"unsupported compression {compression}: gzip, zstd, uncompressed")
    folder, ref, tag = None, "", given.get("tag", "latest")
    if kind == "local":
        if not given.get("dest"):
            raise _bad(flag, text, "local cache exporter requires dest")
        folder = Path(given["dest"]).absolute()
    else:
        ref = _reference(flag, text, given)
        tag = parse(ref).tag or "latest"
    return CacheTarget(
        "local" if kind == "local" else "registry",
        ref,
        folder,
        _tag(flag, text, tag),
        cast(Mode, mode),
        cast(Compression, compression),
        _level(flag, text, given),
        _boolean(flag, text, given, "force-compression", False),
        _boolean(flag, text, given, "image-manifest", True),
        _boolean(flag, text, given, "oci-mediatypes", True),
        ignore,
        _boolean(flag, text, given, "mounts", False),
    )


def _check(
    flag: str, text: str, given: Mapping[str, str], kinds: Mapping[str, tuple[str, ...]]
) -> None:
    kind = given["type"]
    if kind not in kinds:
        known = ", ".join((*kinds, *_SERVERS))
        raise _bad(flag, text, f"unknown cache type {kind}: {known}")
    unknown = sorted(set(given) - {"type", *kinds[kind]})
    if unknown:
        known = ", ".join(kinds[kind])
        raise _bad(flag, text, f"type={kind} has no option {unknown[0]}: {known}")


def _reference(flag: str, text: str, given: Mapping[str, str]) -> str:
    if not given.get("ref"):
        raise _bad(flag, text, "registry cache requires ref")
    try:
        found = parse(given["ref"])
    except UsageError as error:
        raise _bad(flag, text, error.report.message) from error
    if flag == "--cache-to" and found.digest:
        raise _bad(flag, text, "a cache is written to a tag, not to a digest")
    return str(found)


def _tag(flag: str, text: str, tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise _bad(flag, text, f'invalid tag "{tag}"')
    return tag


def _level(flag: str, text: str, given: Mapping[str, str]) -> int | None:
    level = given.get("compression-level")
    if level is None:
        return None
    try:
        return int(level)
    except ValueError:
        raise _bad(flag, text, f"compression-level {level} is no number") from None


def _boolean(flag: str, text: str, given: Mapping[str, str], key: str, usual: bool) -> bool:
    if key not in given:
        return usual
    value = read_boolean(given[key])
    if value is None:
        raise _bad(flag, text, f"{key}={given[key]} is neither true nor false")
    return value


def _bad(flag: str, text: str, why: str) -> UsageError:
    return UsageError(
        f'invalid argument "{text}" for "{flag}" flag: {why}',
        hint="docs/cache.md has all options",
        exit_code=1,
    )

"""`--attest`, `--provenance` and `--sbom` of `image build`.

https://docs.docker.com/reference/cli/docker/buildx/build/#attest
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from rootbuild.attest.options import (
    NONE,
    Mode,
    ProvenanceOptions,
    SbomOptions,
    Version,
    Wanted,
)
from rootbuild.booleans import read_boolean, truth
from rootbuild.dockerfile.fields import CsvError, split_csv
from rootbuild.errors import UnsupportedError, UsageError

PROVENANCE, SBOM = "provenance", "sbom"
_KEYS = {
    PROVENANCE: (
        "type",
        "disabled",
        "mode",
        "version",
        "builder-id",
        "reproducible",
        "inline-only",
        "filename",
    ),
    SBOM: ("type", "disabled", "generator", "filename"),
}
_MODES, _VERSIONS = ("min", "max"), ("v0.2", "v1")


def read_attestations(attest: Sequence[str], provenance: str | None, sbom: str | None) -> Wanted:
    """What `--attest` (each time), `--provenance` and `--sbom` ask for. Raises UsageError.

    None is a flag that was not given. The two short forms win over the long one.
    """
    if not attest and provenance is None and sbom is None:
        return NONE
    asked: dict[str, Mapping[str, str]] = {}
    for text in attest:
        given = _fields(text)
        kind = given.get("type", "")
        if kind not in _KEYS:
            raise _bad(text, f'unknown attestation type "{kind}"' if kind else "type is required")
        if kind in asked:
            raise UsageError(f'duplicate attestation field type "{kind}"', exit_code=1)
        asked[kind] = _checked(text, kind, given)
    for kind, short in ((PROVENANCE, provenance), (SBOM, sbom)):
        if short is not None:
            asked[kind] = _checked(short, kind, _short(short))
    return Wanted(_provenance(asked.get(PROVENANCE)), _sbom(asked.get(SBOM)))


def _short(text: str) -> Mapping[str, str]:
    """The value of a short form: a boolean, or fields."""
    wanted = read_boolean(text or "true")
    if wanted is None:
        return _fields(text)
    return {"disabled": "false" if wanted else "true"}


def _fields(text: str) -> dict[str, str]:
    try:
        parts = split_csv(text)
    except CsvError as error:
        raise _bad(text, str(error)) from error
    found: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise _bad(text, f"invalid value {part}")
        found[key.strip().lower()] = value
    return found


def _checked(text: str, kind: str, given: Mapping[str, str]) -> Mapping[str, str]:
    for key, value in given.items():
        if key not in _KEYS[kind]:
            raise _bad(text, f'unknown key "{key}" for {kind}, one of: {", ".join(_KEYS[kind])}')
        if key in ("disabled", "reproducible", "inline-only"):
            try:
                truth(value)
            except ValueError as error:
                raise _bad(text, f'invalid value "{value}" for {key}') from error
    if given.get("mode", "min") not in _MODES:
        raise _bad(text, f'invalid provenance mode "{given["mode"]}", one of: min, max')
    if given.get("version", "v1") not in _VERSIONS:
        raise _bad(text, f'invalid provenance SLSA version "{given["version"]}", one of: v0.2, v1')
    if "/" in given.get("filename", "") or given.get("filename", "") in (".", ".."):
        raise _bad(text, "filename is the name of a file, not a path")
    return given


def _provenance(given: Mapping[str, str] | None) -> ProvenanceOptions | None:
    if given is None or truth(given.get("disabled", "false")):
        return None
    usual = ProvenanceOptions()
    return ProvenanceOptions(
        mode=cast("Mode", given.get("mode", usual.mode)),
        version=cast("Version", given.get("version", usual.version)),
        builder=given.get("builder-id", usual.builder),
        reproducible=truth(given.get("reproducible", "false")),
        file=given.get("filename") or usual.file,
    )


def _sbom(given: Mapping[str, str] | None) -> SbomOptions | None:
    if given is None or truth(given.get("disabled", "false")):
        return None
    if given.get("generator"):
        raise UnsupportedError(
            "images that generate SBOMs (generator=IMAGE) are not supported",
            hint="leave the generator out: the image's package databases are read directly",
            exit_code=125,
        )
    return SbomOptions(given.get("filename") or SbomOptions().file)


def _bad(text: str, why: str) -> UsageError:
    return UsageError(f'invalid attestation "{text}": {why}', exit_code=1)

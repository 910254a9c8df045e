"""Which attestations are wanted, and what they are to tell."""

from __future__ import annotations

from typing import Literal

from rootbuild.records import dataclass

Mode = Literal["min", "max"]
Version = Literal["v0.2", "v1"]


@dataclass(frozen=True, slots=True)
class ProvenanceOptions:
    """`--provenance`: how much is told, and in which form. `builder` is a URL."""

    mode: Mode = "min"
    version: Version = "v1"
    builder: str = ""
    reproducible: bool = False
    file: str = "provenance.json"


@dataclass(frozen=True, slots=True)
class SbomOptions:
    """`--sbom`: a list of the installed packages, out of their databases."""

    file: str = "sbom.spdx.json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All attestations that a build is to make."""

    provenance: ProvenanceOptions | None = None
    sbom: SbomOptions | None = None


NONE = Wanted()
UNKEPT = (
    "the local store does not keep attestations: push the image, or write it by "
    "--output type=oci, tar or local"
)
"""What is said where that is so."""

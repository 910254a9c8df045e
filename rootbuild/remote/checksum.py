"""`sha256:HEX` and its like: what a file has to be."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass

LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest of a file, and the algorithm that makes it."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


def parse_checksum(text: str) -> Checksum:
    """Read a checksum. Raises DockerfileError in the words of BuildKit's digest library."""
    algorithm, colon, value = text.partition(":")
    if not colon or not re.fullmatch(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*", algorithm):
        raise _wrong("invalid checksum digest format", text)
    if algorithm not in LENGTHS:
        raise _wrong("unsupported digest algorithm", text)
    if len(value) != LENGTHS[algorithm]:
        raise _wrong("invalid checksum digest length", text)
    if not re.fullmatch(r"[0-9a-f]+", value):
        raise _wrong("invalid checksum digest format", text)
    return Checksum(algorithm, value)


def checksum_of(path: Path, algorithm: str) -> Checksum:
    """The checksum that a file has."""
    digest = hashlib.new(algorithm)
    with path.open("rb") as stream:
        while data := stream.read(_BUFFER):
            digest.update(data)
    return Checksum(algorithm, digest.hexdigest())


def _wrong(what: str, text: str) -> DockerfileError:
    return DockerfileError(
        f'{what}: "{text}"',
        id="bad-checksum",
        hint="write sha256: and 64 hexadecimal digits, as sha256sum prints them",
    )

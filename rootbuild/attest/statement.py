"""In-toto statements: https://github.com/in-toto/attestation/blob/main/spec/v0.1/README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rootbuild.records import dataclass

Json = Mapping[str, object]

STATEMENT = "https://in-toto.io/Statement/v0.1"
MEDIA_TYPE = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about: a name, and a digest (`sha256:...`) that says which one exactly.

    Images go by their package URLs, files of a folder by their paths in it.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """Something said of a result: the type of what is said (a URI), and that itself.

    `file` is its name where results are files instead of images.
    """

    kind: str
    predicate: Json
    file: str


def statement(attestation: Attestation, subjects: Sequence[Subject]) -> bytes:
    """An attestation of these subjects, as it is stored."""
    return _rendered(
        {
            "_type": STATEMENT,
            "predicateType": attestation.kind,
            "subject": [
                {"name": subject.name, "digest": dict([subject.digest.split(":", 1)])}
                for subject in subjects
            ],
            "predicate": attestation.predicate,
        }
    )


def _rendered(content: Json) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

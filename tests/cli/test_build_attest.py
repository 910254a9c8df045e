"""`--attest`, `--provenance` and `--sbom`."""

import pytest

from rootbuild.attest.options import ProvenanceOptions, SbomOptions, Wanted
from rootbuild.cli.build_attest import read_attestations
from rootbuild.errors import UnsupportedError, UsageError


@pytest.mark.parametrize(
    ("provenance", "expected"),
    [
        ("true", ProvenanceOptions()),
        ("", ProvenanceOptions()),
        ("1", ProvenanceOptions()),
        ("false", None),
        ("mode=max", ProvenanceOptions(mode="max")),
        ("mode=max,version=v0.2", ProvenanceOptions(mode="max", version="v0.2")),
        ('"builder-id=https://a/?b=c,d"', ProvenanceOptions(builder="https://a/?b=c,d")),
        ("reproducible=true,filename=p.json", ProvenanceOptions(reproducible=True, file="p.json")),
        ("disabled=true,mode=max", None),
    ],
)
def test_the_short_form_for_provenance(provenance: str, expected: ProvenanceOptions | None) -> None:
    assert read_attestations((), provenance, None) == Wanted(expected)


def test_the_short_form_for_sboms() -> None:
    assert read_attestations((), None, "true") == Wanted(None, SbomOptions())
    assert read_attestations((), None, "filename=s.json") == Wanted(None, SbomOptions("s.json"))
    assert read_attestations((), None, "false") == Wanted()


def test_the_long_form() -> None:
    given = ("type=provenance,mode=max", "type=sbom")
    expected = Wanted(ProvenanceOptions(mode="max"), SbomOptions())
    assert read_attestations(given, None, None) == expected
    assert read_attestations(("type=sbom,disabled=true",), None, None) == Wanted()


def test_the_short_form_wins() -> None:
    found = read_attestations(("type=provenance,mode=max", "type=sbom"), "false", "filename=x")
    assert found == Wanted(None, SbomOptions("x"))


def test_images_that_generate_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="generator"):
        read_attestations((), None, "generator=x/y:1")


def test_nothing_is_made_that_nobody_asked_for() -> None:
    assert read_attestations((), None, None) == Wanted()


@pytest.mark.parametrize(
    ("attest", "provenance", "sbom", "why"),
    [
        (("mode=max",), None, None, "type is required"),
        (("type=other",), None, None, 'unknown attestation type "other"'),
        (("type=sbom", "type=sbom"), None, None, "duplicate attestation field"),
        (("type=sbom,mode=max",), None, None, 'unknown key "mode"'),
        (("type=sbom,disabled=maybe",), None, None, 'invalid value "maybe"'),
        ((), "mode=med", None, 'invalid provenance mode "med"'),
        ((), "version=v2", None, 'SLSA version "v2"'),
        ((), "yes", None, "invalid value yes"),
        ((), "filename=../x", None, "not a path"),
        ((), None, 'generator="x', "invalid attestation"),
    ],
)
def test_what_is_wrong(
    attest: tuple[str, ...], provenance: str | None, sbom: str | None, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        read_attestations(attest, provenance, sbom)

from __future__ import annotations

import pytest

from rootbuild.errors import UsageError
from rootbuild.image.reference import Reference, familiar, is_id, normalize, parse

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"


@pytest.mark.parametrize(
    ("written", "whole", "shown"),
    [
        ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("alpine:3", "docker.io/library/alpine:3", "alpine:3"),
        ("diamol/base", "docker.io/diamol/base:latest", "diamol/base:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest", "a/b:latest"),
        ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
        ("localhost/x", "localhost/x:latest", "localhost/x:latest"),
        ("reg:5000/x", "reg:5000/x:latest", "reg:5000/x:latest"),
        ("reg:5000/x:1", "reg:5000/x:1", "reg:5000/x:1"),
        ("quay.io/a/b/c", "quay.io/a/b/c:latest", "quay.io/a/b/c:latest"),
        ("Host/x", "Host/x:latest", "Host/x:latest"),
        ("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"),
        (f"alpine@{DIGEST}", f"docker.io/library/alpine@{DIGEST}", f"alpine@{DIGEST}"),
        (f"alpine:3@{DIGEST}", f"docker.io/library/alpine:3@{DIGEST}", f"alpine:3@{DIGEST}"),
        ("a__b.c--d", "docker.io/library/a__b.c--d:latest", "a__b.c--d:latest"),
        ("x:V1.0-RC_1", "docker.io/library/x:V1.0-RC_1", "x:V1.0-RC_1"),
        (HEX, HEX, HEX),
        (DIGEST, DIGEST, DIGEST),
    ],
)
def test_names(written: str, whole: str, shown: str) -> None:
    assert normalize(written) == whole
    assert familiar(written) == shown
    assert normalize(whole) == whole


@pytest.mark.parametrize(
    "written",
    ["", ":", "x:", "-x", "x-", "x/", "/x", "a//b", "x:-y", "x y", "x@sha256:12", "a___b", "x..y"],
)
def test_refused(written: str) -> None:
    with pytest.raises(UsageError, match="invalid reference format"):
        parse(written)


def test_upper_case_is_named() -> None:
    with pytest.raises(UsageError, match=r"repository name \(library/Foo\) must be lowercase"):
        parse("Foo")


def test_an_id_is_no_name() -> None:
    with pytest.raises(UsageError, match="cannot specify 64-byte hexadecimal strings"):
        parse(HEX)


def test_length() -> None:
    parse("x" * 237)
    with pytest.raises(UsageError, match="not be more than 255"):
        parse("x" * 238)


def test_parts() -> None:
    assert parse(f"reg:5000/a/b:1@{DIGEST}") == Reference("reg:5000", "a/b", "1", DIGEST)
    assert parse(f"x:1@{DIGEST}").exact == f"docker.io/library/x@{DIGEST}"
    assert parse("x").name == "docker.io/library/x"


def test_what_is_no_name_is_shown_as_it_is() -> None:
    assert familiar("<none>:<none>") == "<none>:<none>"
    assert is_id(HEX)
    assert not is_id(HEX[:12])

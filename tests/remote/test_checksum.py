from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rootbuild.errors import DockerfileError
from rootbuild.remote.checksum import Checksum, checksum_of, parse_checksum


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_algorithms(algorithm: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"content")
    text = f"{algorithm}:{hashlib.new(algorithm, b'content').hexdigest()}"
    assert parse_checksum(text) == checksum_of(tmp_path / "f", algorithm)
    assert str(parse_checksum(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "invalid checksum digest format"),
        ("sha256:", "invalid checksum digest length"),
        ("sha256:" + "g" * 64, "invalid checksum digest format"),
        ("sha256:" + "A" * 64, "invalid checksum digest format"),
        ("md5:" + "0" * 32, "unsupported digest algorithm"),
        ("SHA256:" + "0" * 64, "invalid checksum digest format"),
    ],
)
def test_what_is_none(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_checksum(text)
    assert message in caught.value.report.message


def test_shown() -> None:
    assert str(Checksum("sha256", "ab")) == "sha256:ab"

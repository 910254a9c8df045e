"""Sizes as docker writes them."""

import pytest

from rootbuild.dockerfile.sizes import ram_in_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("32", 32),
        ("32b", 32),
        ("32k", 32 << 10),
        ("32KB", 32 << 10),
        ("32Kib", 32 << 10),
        ("1.5m", 3 << 19),
        ("2 G", 2 << 30),
        ("1t", 1 << 40),
        ("1P", 1 << 50),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert ram_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "x", "-1", "1x", "1ib", "1kk", "1.m", "1,5", " 1"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=f"^invalid size: '{text}'$"):
        ram_in_bytes(text)

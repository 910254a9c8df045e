from __future__ import annotations

import pytest

from rootbuild.image.platform import build_platform, fits, parse_platform


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/x86_64", "linux/amd64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("arm64", "linux/arm64"),
        ("linux", str(build_platform())),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_normalisation(text: str, normal: str) -> None:
    assert str(parse_platform(text)) == normal


@pytest.mark.parametrize("text", ["", "/", "linux//v7", "a/b/c/d"])
def test_nonsense(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_platform(text)


def test_one_word_is_a_system_or_an_architecture() -> None:
    with pytest.raises(ValueError, match="unknown operating system or architecture"):
        parse_platform("foo")


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/amd64", False),
        ("windows/amd64", "linux/amd64", False),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64", "linux/amd64/v3", True),
        ("linux/amd64/v2", "linux/amd64/v3", False),
    ],
)
def test_what_fits(found: str, wanted: str, same: bool) -> None:
    assert fits(parse_platform(found), parse_platform(wanted)) is same

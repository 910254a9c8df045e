"""The options of `image build` as they reach a build."""

from __future__ import annotations

import pytest

from rootbuild.build.options import BuildOptions
from rootbuild.cli.build_options import build_options
from rootbuild.cli.parse import parse
from rootbuild.cli.tables.build import BUILD
from rootbuild.errors import RuntimeRefusedError, UnsupportedError, UsageError
from rootbuild.image.platform import Platform, build_platform


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.delenv("DOCKER_DEFAULT_PLATFORM", raising=False)


def read(*argv: str) -> BuildOptions:
    return build_options(parse(BUILD, [*argv, "."]))


@pytest.mark.parametrize(
    ("argv", "stages"),
    [
        ((), ()),
        (("--no-cache-filter", "one"), ("one",)),
        (("--no-cache-filter=one,Two", "--no-cache-filter", "0"), ("one", "Two", "0")),
        (("--no-cache-filter", ""), ()),
    ],
)
def test_stages_without_cache(argv: tuple[str, ...], stages: tuple[str, ...]) -> None:
    assert read(*argv).no_cache_stages == stages


@pytest.mark.parametrize(("argv", "variable"), [(("--builder", "nope"), ""), ((), "nope")])
def test_a_builder_that_there_is_not(
    monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], variable: str
) -> None:
    assert read("--builder", "default")
    monkeypatch.setenv("BUILDX_BUILDER", variable)
    with pytest.raises(RuntimeRefusedError, match='no builder "nope" found'):
        read(*argv)


def test_no_cache_for_all_and_for_some() -> None:
    with pytest.raises(UsageError) as caught:
        read("--no-cache", "--no-cache-filter", "one")
    assert str(caught.value) == (
        "--no-cache and --no-cache-filter cannot currently be used together"
    )


@pytest.mark.parametrize(
    ("environment", "argv", "args"),
    [
        ("5", (), {"SOURCE_DATE_EPOCH": "5"}),
        ("", (), {}),
        (None, (), {}),
        ("5", ("--build-arg", "SOURCE_DATE_EPOCH=6"), {"SOURCE_DATE_EPOCH": "6"}),
        ("5", ("--build-arg", "SOURCE_DATE_EPOCH="), {}),
        ("5", ("--build-arg", "SOURCE_DATE_EPOCH"), {"SOURCE_DATE_EPOCH": "5"}),
        ("5", ("--build-arg", "A=1"), {"A": "1", "SOURCE_DATE_EPOCH": "5"}),
    ],
)
def test_source_date_epoch_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    environment: str | None,
    argv: tuple[str, ...],
    args: dict[str, str],
) -> None:
    if environment is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", environment)
    assert read(*argv).build_args == args


@pytest.mark.parametrize(
    ("given", "platform"),
    [
        ("linux/arm64/v8", Platform("linux", "arm64")),
        ("s390x", Platform("linux", "s390x")),
        ("local", build_platform()),
        ("linux/arm64,linux/aarch64", Platform("linux", "arm64")),
    ],
)
def test_one_platform(monkeypatch: pytest.MonkeyPatch, given: str, platform: Platform) -> None:
    assert read("--platform", given).platform == platform
    assert read().platform is None
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", given)
    assert read().platform == platform


def test_several_platforms() -> None:
    amd64, arm64 = Platform("linux", "amd64"), Platform("linux", "arm64")
    assert read("--platform", "linux/amd64,arm64,amd64").platforms == (amd64, arm64)
    assert read("--platform=linux/arm64", "--platform=linux/amd64").platforms == (arm64, amd64)
    assert read().platforms == ()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("windows/amd64", UnsupportedError, "--platform=windows/amd64 is not supported"),
        ("a/b/c/d", UsageError, 'invalid argument "a/b/c/d" for "--platform" flag'),
    ],
)
def test_other_platforms(given: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read("--platform", given)

"""The options of `image build` as they reach a build."""

from __future__ import annotations

import pytest

from rootbuild.build.options import BuildOptions
from rootbuild.cli.build_options import build_options
from rootbuild.cli.parse import parse
from rootbuild.cli.tables.build import BUILD
from rootbuild.errors import UsageError


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


def test_no_cache_for_all_and_for_some() -> None:
    with pytest.raises(UsageError) as caught:
        read("--no-cache", "--no-cache-filter", "one")
    assert str(caught.value) == (
        "--no-cache and --no-cache-filter cannot currently be used together"
    )

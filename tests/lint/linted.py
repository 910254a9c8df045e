"""Short ways to lint a text in tests."""

from __future__ import annotations

from rootbuild.dockerfile.ignore import parse_ignore
from rootbuild.dockerfile.parse import parse
from rootbuild.image.config import ImageConfig
from rootbuild.image.platform import Platform
from rootbuild.lint.check import Lint, Result, lint

AMD64 = Platform("linux", "amd64")


def result(
    text: str,
    *,
    ignore: str = "",
    target: str | None = None,
    whole: bool = True,
    base: ImageConfig | None = None,
    **build_args: str,
) -> Result:
    """Lint `text`; `base` is the config of the image `base-image`."""
    return lint(
        parse(text.encode()),
        Lint(
            build_args=build_args,
            ignore=parse_ignore(ignore.encode()),
            target=target,
            platform=AMD64,
            whole=whole,
            configs={} if base is None else {"base-image": base},
        ),
    )


def found(text: str, ignore: str = "") -> list[tuple[str, int]]:
    """The rules that `text` breaks, each with its line."""
    warnings = result(text, ignore=ignore).warnings
    return [(warning.rule, warning.location.start) for warning in warnings]


def messages(text: str) -> list[str]:
    """What is said about `text`."""
    return [str(warning) for warning in result(text).warnings]

"""Build arguments for the builder itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.build.arguments import argument_warnings
from rootbuild.errors import DockerfileError
from tests.build.recorded import Site


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ({"BUILDKIT_INLINE_CACHE": "1"}, []),
        ({"BUILDKIT_MULTI_PLATFORM": "1"}, ["BUILDKIT_MULTI_PLATFORM"]),
        ({"BUILDKIT_MULTI_PLATFORM": "false"}, []),
        ({"BUILDKIT_MULTI_PLATFORM": ""}, []),
        ({"BUILDKIT_BUILD_NAME": "nightly", "BUILDKIT_SBOM_SCAN_STAGE": "true"}, []),
    ],
)
def test_warnings(args: dict[str, str], names: list[str]) -> None:
    assert [warning.partition(":")[0] for warning in argument_warnings(args)] == names


def test_no_truth_value() -> None:
    with pytest.raises(DockerfileError) as caught:
        list(argument_warnings({"BUILDKIT_MULTI_PLATFORM": "yes"}))
    assert str(caught.value) == "invalid boolean value for multi-platform: yes"


def test_none_of_them_changes_the_image(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    image = site.build("FROM base\nRUN write a 1\n")
    args = {
        "BUILDKIT_SYNTAX": "docker/dockerfile:1",
        "BUILDKIT_INLINE_CACHE": "1",
        "BUILDKIT_MULTI_PLATFORM": "1",
        "BUILDKIT_BUILD_NAME": "nightly",
        "BUILDKIT_SBOM_SCAN_CONTEXT": "true",
        "BUILDKIT_SBOM_SCAN_STAGE": "true",
    }
    assert site.start(inside=False, build_args=args) == image

"""Build arguments that are meant for the builder, and ask for what is not done here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rootbuild.booleans import read_boolean
from rootbuild.errors import DockerfileError

MULTI_PLATFORM = "BUILDKIT_MULTI_PLATFORM"


def argument_warnings(build_args: Mapping[str, str]) -> Iterator[str]:
    """What to say about arguments that ask for something else than is done.

    Raises DockerfileError for what is no truth value where BuildKit wants one.
    """
    value = build_args.get(MULTI_PLATFORM, "")
    wanted = read_boolean(value)
    if value and wanted is None:
        raise DockerfileError(f"invalid boolean value for multi-platform: {value}")
    if wanted:
        yield f"{MULTI_PLATFORM}: the image is built for one platform, and without an index"

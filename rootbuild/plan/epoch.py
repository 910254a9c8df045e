"""SOURCE_DATE_EPOCH: the date of an image, and of the files that COPY, ADD and WORKDIR make.

https://reproducible-builds.org/docs/source-date-epoch/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rootbuild.errors import DockerfileError, UnsupportedError
from rootbuild.graph.stages import StageGraph
from rootbuild.image.dates import SOURCE_DATE_EPOCH

CONTEXT = "context"

_SECONDS = re.compile(r"[+-]?[0-9]+")
# The years 1 and 9999, which is as far as the dates of an image's config reach.
_FIRST, _LAST = -62135596800, 253402300799


def source_date_epoch(graph: StageGraph, build_args: Mapping[str, str]) -> int | None:
    """The seconds that a build argument or a global ARG gives; None without one, or an empty one.

    Raises DockerfileError for what is no number of seconds. BuildKit also takes the date of the
    context or of a stage that only fetches something, by name; these are refused.
    """
    value = build_args.get(SOURCE_DATE_EPOCH, dict(graph.global_args).get(SOURCE_DATE_EPOCH, ""))
    if not value:
        return None
    if _SECONDS.fullmatch(value) and _FIRST <= int(value) <= _LAST:
        return int(value)
    names = [stage.start.name for stage in graph.stages if stage.start.name]
    if value == CONTEXT or value.lower() in (name.lower() for name in names):
        what = "the context" if value == CONTEXT else f"the stage {value}"
        raise UnsupportedError(
            f"{SOURCE_DATE_EPOCH}={value}, the date of {what}, is not supported yet",
            hint="give seconds since 1970, as `git log -1 --format=%ct` prints them",
        )
    raise DockerfileError(
        f"invalid {SOURCE_DATE_EPOCH}: {value}",
        hint="it has to be a whole number of seconds since 1970",
        id="bad-epoch",
    )

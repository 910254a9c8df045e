"""The ARGs in front of the first FROM, and those that every build has."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.dockerfile.expand import ExpandError, expand
from rootbuild.dockerfile.instructions import Arg, Dockerfile, From
from rootbuild.errors import DockerfileError
from rootbuild.image.platform import Platform


def platform_args(build: Platform, target: Platform, stage: str) -> dict[str, str]:
    """The predefined global ARGs, as BuildKit names them."""
    values = {}
    for prefix, platform in (("BUILD", build), ("TARGET", target)):
        values[f"{prefix}PLATFORM"] = str(platform)
        values[f"{prefix}OS"] = platform.os
        values[f"{prefix}OSVERSION"] = ""
        values[f"{prefix}ARCH"] = platform.architecture
        values[f"{prefix}VARIANT"] = platform.variant
    values["TARGETSTAGE"] = stage or "default"
    return values


def global_args(
    dockerfile: Dockerfile, predefined: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Values of the global scope: predefined ARGs and those before the first FROM, in order.

    A `--build-arg` wins over a default; a default may use what stands before it.
    Raises DockerfileError with the ARG's location.
    """
    values = {key: given.get(key, value) for key, value in predefined.items()}
    for instruction in dockerfile.instructions:
        if isinstance(instruction, From):
            break
        if isinstance(instruction, Arg):
            for pair in instruction.pairs:
                if pair.key in given:
                    values[pair.key] = given[pair.key]
                elif pair.value is not None:
                    values[pair.key] = _expanded(pair.value, values, dockerfile, instruction)
    return values


def _expanded(word: str, values: Mapping[str, str], dockerfile: Dockerfile, at: Arg) -> str:
    try:
        return expand(word, values, escape=dockerfile.escape)
    except ExpandError as error:
        located = DockerfileError(str(error))
        located.locate(at.location, dockerfile.source)
        raise located from error

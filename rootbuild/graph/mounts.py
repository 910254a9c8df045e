"""What `RUN --mount=...,from=NAME` names: a stage or an image, never a number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rootbuild.dockerfile.fields import read_fields
from rootbuild.dockerfile.instructions import AnyInstruction, Run
from rootbuild.errors import DockerfileError

TARGETS = ("target", "dst", "destination")
_VARIABLE = re.compile(r"\$.")


def mounted(run: Run) -> tuple[tuple[str, str], ...]:
    """(`from`, target as written) of each mount that has a `from`. Raises DockerfileError."""
    found = (_from(text) for text in run.mounts)
    return tuple((name, target) for name, target in found if name)


def mounted_names(body: Iterable[AnyInstruction]) -> list[str]:
    """The names in all `from`s of a stage; what cannot be read is left for `mounted` to refuse."""
    names: list[str] = []
    for instruction in body:
        if isinstance(instruction, Run):
            try:
                names += [name for name, _ in mounted(instruction)]
            except DockerfileError:
                continue
    return names


def _from(text: str) -> tuple[str, str]:
    name = target = ""
    for field in read_fields(text):
        if field.key == "from" and field.value is not None:
            if _VARIABLE.search(field.value):
                raise DockerfileError(
                    f"'{field.key}' doesn't support variable expansion, define alias stage instead",
                    id="bad-mount",
                    hint="FROM $IMAGE AS name, then from=name",
                )
            name = field.value
        elif field.key in TARGETS and field.value is not None:
            target = field.value
    return name, target

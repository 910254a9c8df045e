"""Comments right above an instruction: an empty line between them takes the tie away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.dockerfile.instructions import AnyInstruction, Dockerfile


def commented(dockerfile: Dockerfile) -> Iterator[tuple[AnyInstruction, tuple[str, ...]]]:
    """Each instruction with the comments that touch it."""
    lines = dockerfile.source.split("\n")
    above = dockerfile.comments or ((),) * len(dockerfile.instructions)
    for instruction, comments in zip(dockerfile.instructions, above, strict=True):
        count = _touching(lines, instruction.location.start - 1) if comments else 0
        yield instruction, comments[-count:] if count else ()


def _touching(lines: Sequence[str], end: int) -> int:
    """How many comment lines stand right in front of the line at position `end`."""
    start = end
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return end - start

"""`doctor --fix`: what can be mended without root, and what was changed by that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rootbuild.errors import unreachable
from rootbuild.host.finding import EndPause, Finding, Fix, MakeFolder, SetMode, WriteFile


def mend(findings: Sequence[Finding], end_pause: Callable[[], str]) -> Iterator[str]:
    """Do what the findings say; gives a line for each change, and for what could not be changed.

    `end_pause` ends podman's pause process, and says how that went.
    """
    for finding in findings:
        if finding.fix is None:
            continue
        try:
            yield from _apply(finding.fix, end_pause)
        except OSError as error:
            yield f"could not mend {finding.id}: {error}"


def _apply(fix: Fix, end_pause: Callable[[], str]) -> Iterator[str]:
    match fix:
        case WriteFile(path, text):
            yield from _write(path, text)
        case MakeFolder(path):
            if not path.exists():
                path.mkdir(mode=0o700, parents=True)
                yield f"made {path}; in a shell: export XDG_RUNTIME_DIR={path}"
        case SetMode(path, mode):
            path.chmod(mode)
            yield f"changed the mode of {path} to {mode:o}"
        case EndPause():
            yield end_pause()
        case _:
            unreachable(fix)


def _write(path: Path, text: str) -> Iterator[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever made one meanwhile is left alone.
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    yield f"wrote {path}"

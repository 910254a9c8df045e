"""Whether there are notes of images, without loading what reads them: few push or annotate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rootbuild.backend import StoredImage
    from rootbuild.outputs.noted import Notes


def notes_folder(state: Path) -> Path:
    """Where notes are kept below the `state` folder of a user, if there are any."""
    return state / "images"


def notes_if_any(state: Path, images: Callable[[], Sequence[StoredImage]]) -> Notes | None:
    """The notes (see `Notes`); None where nothing is noted, as mostly."""
    if not notes_folder(state).exists():
        return None
    from rootbuild.outputs.noted import Notes

    return Notes(state, images)

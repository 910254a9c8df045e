"""Sizes and ages in Docker's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rootbuild.progress.units import size as size

_AGES = (
    (timedelta(seconds=1), "Less than a second"),
    (timedelta(seconds=60), "{s} seconds"),
    (timedelta(seconds=120), "About a minute"),
    (timedelta(minutes=60), "{m} minutes"),
    (timedelta(minutes=120), "About an hour"),
    (timedelta(hours=48), "{h} hours"),
    (timedelta(days=14), "{d} days"),
    (timedelta(days=60), "{w} weeks"),
    (timedelta(days=730), "{months} months"),
)


def age(created: datetime, now: datetime) -> str:
    """How long ago that was (`About an hour ago`)."""
    passed = max(now - created, timedelta())
    seconds = int(passed.total_seconds())
    text = next((words for limit, words in _AGES if passed < limit), "{y} years")
    if seconds == 1:
        text = "1 second"
    return (
        text.format(
            s=seconds,
            m=seconds // 60,
            h=seconds // 3600,
            d=seconds // 86400,
            w=seconds // 604800,
            months=seconds // 2592000,
            y=seconds // 31536000,
        )
        + " ago"
    )


def shortened(text: str, length: int) -> str:
    """A text of no more than that many characters; an ellipsis stands for the rest."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as Go's tabwriter sets them: as wide as needed, three spaces between."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)

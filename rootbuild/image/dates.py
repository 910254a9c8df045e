"""Dates of images, as their configs have them."""

from __future__ import annotations

SOURCE_DATE_EPOCH = "SOURCE_DATE_EPOCH"
"""The variable that says which date an image is to have, in seconds since 1970."""


def date(seconds: int) -> str:
    """A date in seconds since 1970, as text."""
    from datetime import datetime, timedelta

    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat() + "Z"


def now() -> str:
    """This moment."""
    from datetime import datetime, timezone

    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

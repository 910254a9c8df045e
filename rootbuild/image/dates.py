"""Dates of images, as their configs have them."""

from __future__ import annotations

from itertools import takewhile

SOURCE_DATE_EPOCH = "SOURCE_DATE_EPOCH"
"""The variable that says which date an image is to have, in seconds since 1970."""

SECOND = 1_000_000_000
"""In nanoseconds."""


def date(seconds: int) -> str:
    """A date in seconds since 1970, as text."""
    from datetime import datetime, timedelta

    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat() + "Z"


def now() -> str:
    """This moment."""
    from datetime import datetime, timezone

    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def nanoseconds(text: str) -> int:
    """A date of RFC 3339, with up to nine digits of a second, in nanoseconds since 1970.

    Python reads nine digits from 3.11 on, and drops three of them. A date without a zone is in
    this host's. Raises ValueError.
    """
    from datetime import datetime

    whole, _, rest = text.partition(".")
    digits = "".join(takewhile(str.isdigit, rest))
    at = datetime.fromisoformat((whole + rest[len(digits) :]).replace("Z", "+00:00"))
    return int(at.timestamp()) * SECOND + int(digits.ljust(9, "0")[:9])

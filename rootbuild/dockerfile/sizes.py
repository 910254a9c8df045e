"""Sizes in the form that docker's options have: `128m`, `1.5GiB`, `4096`."""

from __future__ import annotations

import re

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(?:([kmgtp])(?:i?b)?|b)?", re.IGNORECASE)
_POWERS = {unit: 1024**power for power, unit in enumerate(("", "k", "m", "g", "t", "p"))}


def ram_in_bytes(text: str) -> int:
    """A number of bytes; units are powers of 1024, however they are written. Raises ValueError."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"invalid size: '{text}'")
    return int(float(found[1]) * _POWERS[(found[2] or "").lower()])

"""Durations in Go's syntax (`1m30s`), as HEALTHCHECK has them. Counted in nanoseconds."""

from __future__ import annotations

import re

from rootbuild.dockerfile.quote import quoted
from rootbuild.errors import DockerfileError

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_UNITS = {
    "ns": 1,
    "us": MICROSECOND,
    "\u00b5s": MICROSECOND,  # micro sign
    "\u03bcs": MICROSECOND,  # Greek letter mu
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_LONGEST = 2**63 - 1
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")


def parse_duration(text: str) -> int:
    """Nanoseconds of `-1h2.5s` and the like; `0` needs no unit.

    Raises DockerfileError with the words that Go uses.
    """
    negative, rest = text.startswith("-"), text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    if not rest:
        raise _error(f"time: invalid duration {quoted(text)}")
    total = 0
    position = 0
    while position < len(rest):
        nanoseconds, position = _part(rest, position, text)
        total += nanoseconds
    if total > _LONGEST:
        raise _error(f"time: invalid duration {quoted(text)}")
    return -total if negative else total


def go_duration(nanoseconds: int) -> str:
    """`nanoseconds` as Go prints a duration: `0s`, `1.5ms`, `2m0s`, `1h0m0.5s`."""
    if nanoseconds == 0:
        return "0s"
    sign, left = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if left < SECOND:
        for unit, size in (("ms", MILLISECOND), ("\u00b5s", MICROSECOND), ("ns", 1)):
            if left >= size:
                return f"{sign}{_decimal(left, size)}{unit}"
    hours, left = divmod(left, HOUR)
    minutes, left = divmod(left, MINUTE)
    text = f"{_decimal(left, SECOND)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else sign + text


def _part(rest: str, position: int, text: str) -> tuple[int, int]:
    found = _PART.match(rest, position)
    if found is None or not (found[1] or found[2]):
        raise _error(f"time: invalid duration {quoted(text)}")
    whole, fraction, unit = found[1], found[2] or "", found[3]
    if not unit:
        raise _error(f"time: missing unit in duration {quoted(text)}")
    if unit not in _UNITS:
        raise _error(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
    # More digits than these cannot be told apart or are too long; int() refuses very long ones.
    if len(whole.lstrip("0")) > 19:
        raise _error(f"time: invalid duration {quoted(text)}")
    fraction = fraction[:18]
    size = _UNITS[unit]
    nanoseconds = int(whole or "0") * size
    if fraction:
        nanoseconds += int(fraction) * size // 10 ** len(fraction)
    return nanoseconds, found.end()


def _error(message: str) -> DockerfileError:
    return DockerfileError(
        message, id="bad-duration", hint="write a number and a unit: 500ms, 30s, 1m30s, 2h"
    )


def _decimal(value: int, size: int) -> str:
    whole, rest = divmod(value, size)
    if not rest:
        return str(whole)
    return f"{whole}.{str(rest).zfill(len(str(size)) - 1).rstrip('0')}"

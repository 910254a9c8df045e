"""Bytes and seconds as people read them."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float) -> str:
    """Bytes as Docker shows them: three digits, powers of a thousand (`1.99MB`)."""
    if count < 0:
        return "N/A"
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g}{_UNITS[unit]}"


def seconds(passed: float) -> str:
    """A length of time, short: `4.2s`, `3m07s`, `1h02m`."""
    if passed < 60:
        return f"{max(passed, 0):.1f}s"
    minutes, rest = divmod(int(passed), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s"
    return f"{minutes // 60}h{minutes % 60:02}m"


def transfer(current: int, total: int, passed: float) -> str:
    """How far something has got: `12MB / 30MB, 4.1MB/s`."""
    shown = size(current) if total <= 0 else f"{size(current)} / {size(total)}"
    return f"{shown}, {size(current / passed)}/s" if passed >= 0.1 and current > 0 else shown

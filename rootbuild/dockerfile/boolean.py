"""Truth values as Go's strconv.ParseBool reads them."""

from __future__ import annotations

_VALUES = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def read_boolean(text: str) -> bool | None:
    """True or False; None if it is neither."""
    return _VALUES.get(text)

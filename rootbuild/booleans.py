"""Yes and no in the words that Go's programs, and so docker's options, know."""

from __future__ import annotations

_VALUES = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def read_boolean(text: str) -> bool | None:
    """A boolean as Go reads it (strconv.ParseBool); None if it is neither."""
    return _VALUES.get(text)


def truth(text: str) -> bool:
    """As `read_boolean`, but raises ValueError."""
    value = read_boolean(text)
    if value is None:
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return value

"""White space as the Dockerfile grammar knows it.

Two notions are in use: Unicode white space, at which text is trimmed, and the five ASCII characters
at which words are split. Python's own `strip()` and `split()` differ from both.
"""

from __future__ import annotations

import re

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_GAP = re.compile(r"[\t\v\f\r ]+")


def trim(text: str) -> str:
    """`text` without white space at both ends."""
    return text.strip(SPACE)


def split_words(text: str) -> tuple[str, ...]:
    """The words of trimmed `text`, with no regard to quotes."""
    return tuple(_GAP.split(text)) if text else ()


def split_first(text: str) -> tuple[str, str | None]:
    """The first word and what follows the white space after it, None if nothing follows."""
    first, *rest = _GAP.split(text, maxsplit=1)
    return first, rest[0] if rest else None

"""Near names, for what was mistyped."""

from __future__ import annotations

from collections.abc import Sequence


def near(word: str, known: Sequence[str]) -> str:
    """The known word that is most like this one, or nothing."""
    from difflib import get_close_matches  # here, as it is needed only when something is wrong

    found = get_close_matches(word, known, n=1, cutoff=0.7)
    return found[0] if found else ""

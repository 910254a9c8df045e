"""The nearest known name, for "did you mean" in messages."""

from __future__ import annotations

from collections.abc import Iterable

_FARTHEST = 2


def nearest(word: str, known: Iterable[str], *, ignore_case: bool = False) -> str:
    """The known name that is at most two edits away from `word`, or an empty string.

    The first of equally near names wins. With `ignore_case` the answer takes over the case of
    `word` if that is all lower or all upper.
    """
    wanted = word.lower() if ignore_case else word
    best, best_distance = "", _FARTHEST + 1
    for name in known:
        candidate = name.lower() if ignore_case else name
        if candidate == wanted:
            return ""
        if abs(len(candidate) - len(wanted)) > _FARTHEST:
            continue
        distance = edit_distance(candidate, wanted)
        if distance < best_distance:
            best, best_distance = name, distance
    return _in_case_of(word, best) if ignore_case else best


def did_you_mean(word: str, known: Iterable[str], *, ignore_case: bool = False) -> str:
    """` (did you mean NAME?)`, or nothing if no known name is near."""
    name = nearest(word, known, ignore_case=ignore_case)
    return f" (did you mean {name}?)" if name else ""


def edit_distance(left: str, right: str) -> int:
    """How many characters have to be inserted, removed or replaced (Levenshtein)."""
    row = list(range(len(right) + 1))
    for above, char in enumerate(left, start=1):
        diagonal, row[0] = row[0], above
        for column, other in enumerate(right, start=1):
            replaced = diagonal + (char != other)
            diagonal = row[column]
            row[column] = min(replaced, row[column] + 1, row[column - 1] + 1)
    return row[-1]


def _in_case_of(word: str, name: str) -> str:
    if word == word.lower():
        return name.lower()
    return name.upper() if word == word.upper() else name

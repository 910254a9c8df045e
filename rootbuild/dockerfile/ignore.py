""".dockerignore: its lines, and which paths of a context they leave out.

A pattern that matches a directory leaves out all below it. A later pattern wins over an earlier
one, and `!` takes back what was left out. What the parent of a path matched is carried on to the
path, as BuildKit does it when it walks a context.
"""

from __future__ import annotations

from collections.abc import Iterable

from rootbuild.dockerfile.pattern import Pattern, PatternSyntaxError, clean
from rootbuild.dockerfile.space import SPACE
from rootbuild.errors import ContextError

_BOM = "\ufeff"
_REMEMBERED = 65536


def parse_ignore(data: bytes) -> tuple[str, ...]:
    """The patterns of an ignore file, cleaned, in their order.

    A `#` in the first column begins a comment. White space around a pattern does not count, nor
    does a slash in front of it.
    """
    patterns = []
    text = data.decode("utf-8", "surrogateescape").removeprefix(_BOM)
    for line in text.split("\n"):
        pattern = line.strip(SPACE)
        if not pattern or line.startswith("#"):
            continue
        inverted = pattern.startswith("!")
        if inverted:
            pattern = pattern[1:].strip(SPACE)
        if pattern:
            pattern = clean(pattern)
            pattern = pattern[1:] if len(pattern) > 1 and pattern[0] == "/" else pattern
        patterns.append(f"!{pattern}" if inverted else pattern)
    return tuple(patterns)


_ALL_OF_IT = frozenset(("*", "**", "**/*"))


class Matcher:
    """Tells what an ignore file leaves out. Paths are relative to the context, with slashes."""

    __slots__ = ("_inclusions", "_known", "_rules", "everything")

    def __init__(self, patterns: Iterable[str]) -> None:
        """Compile `patterns`. Raises ContextError for one that is malformed."""
        texts = tuple(patterns)
        # Whether one pattern is all of the context, if no other takes something back.
        self.everything = not _ALL_OF_IT.isdisjoint(texts)
        self._rules = tuple(rule for text in texts if (rule := _rule(text)) is not None)
        self._inclusions = tuple(
            (1 << index, pattern)
            for index, (included, pattern) in enumerate(self._rules)
            if included
        )
        # Directory -> the patterns that it or a parent matches, as bits.
        self._known: dict[str, int] = {"": 0}

    def ignored(self, path: str) -> bool:
        """Is `path` left out? The context itself never is."""
        return self._judge(path.strip("/"))[0]

    def may_hold_included(self, directory: str) -> bool:
        """May something below `directory`, which is left out, be taken back by a `!` pattern?

        A cheap test for walks: False means that nothing below needs to be looked at.
        """
        directory = directory.strip("/")
        matched = self._judge(directory)[1]
        # What stands before the last pattern that matched is overruled by it below as well.
        return any(
            bit > matched and pattern.may_match_below(directory)
            for bit, pattern in self._inclusions
        )

    def _judge(self, path: str) -> tuple[bool, int]:
        """Whether `path` is left out, and the patterns that it or a parent of it matches."""
        if path in ("", "."):
            return False, 0
        inherited = self._matched(path.rpartition("/")[0])
        ignored, matched, bit = False, 0, 1
        for included, pattern in self._rules:
            # A pattern that cannot change anything is not looked at, so that it is not carried on.
            if inherited & bit or (included == ignored and pattern.matches(path)):
                matched |= bit
                ignored = not included
            bit <<= 1
        return ignored, matched

    def _matched(self, directory: str) -> int:
        known = self._known.get(directory)
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known = {"": 0}
            known = self._known[directory] = self._descend(directory)
        return known

    def _descend(self, directory: str) -> int:
        """As `_matched`, from the nearest known parent down: paths may be deep."""
        below = [directory]
        while (parent := below[-1].rpartition("/")[0]) not in self._known:
            below.append(parent)
        for path in reversed(below):
            self._known[path] = self._judge(path)[1]
        return self._known[directory]


def _rule(text: str) -> tuple[bool, Pattern] | None:
    text = text.strip(SPACE)
    if not text:
        return None
    if text == "!":
        raise ContextError(
            'illegal exclusion pattern: "!"',
            id="bad-ignore-pattern",
            hint="write the path to take back behind the exclamation mark",
        )
    included = text.startswith("!")
    try:
        return included, Pattern(clean(text[1:] if included else text))
    except PatternSyntaxError as error:
        raise ContextError(
            f"{error}: {text}",
            id="bad-ignore-pattern",
            hint="a [ needs its ], a \\ the character that it escapes",
        ) from error

"""The value of --chmod: an octal mode, or changes to a mode as chmod(1) writes them."""

from __future__ import annotations

import re
from typing import Protocol

from rootbuild.errors import BuildError
from rootbuild.records import dataclass

_OCTAL = re.compile(r"[0-7]+")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")

_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}


class Chmod(Protocol):
    """Something that makes a new mode out of an old one."""

    def apply(self, mode: int, *, directory: bool) -> int:
        """The permission bits (07777) that take the place of `mode`'s."""
        ...


@dataclass(frozen=True, slots=True)
class OctalMode:
    """`--chmod=755`: replaces all permission bits, setuid, setgid and sticky included."""

    mode: int

    def apply(self, mode: int, *, directory: bool) -> int:
        """The mode as given, whatever was there."""
        return self.mode


@dataclass(frozen=True, slots=True)
class Change:
    """One `who operator what` of a symbolic mode; `who` is any of `ugo`, `what` of `rwxXst`,
    or a single one of `ugo` to copy from."""

    who: str
    operator: str
    what: str

    def apply(self, mode: int, *, directory: bool) -> int:
        """The mode after this change."""
        bits = 0
        for who in self.who:
            bits |= self._bits(mode, who, directory)
        if self.operator == "+":
            return mode | bits
        if self.operator == "-":
            return mode & ~bits
        kept = mode & ~sum(0o7 << _SHIFTS[who] for who in self.who)
        return (kept & ~self._special(directory)) | bits

    def _bits(self, mode: int, who: str, directory: bool) -> int:
        shift = _SHIFTS[who]
        if self.what in _SHIFTS:
            return (mode >> _SHIFTS[self.what] & 0o7) << shift
        bits = sum(_BITS[letter] << shift for letter in "rwx" if letter in self.what)
        if "X" in self.what and (directory or mode & 0o111):
            bits |= 0o1 << shift
        if "s" in self.what and who in "ug":
            bits |= 0o4000 if who == "u" else 0o2000
        if "t" in self.what:
            bits |= 0o1000
        return bits

    def _special(self, directory: bool) -> int:
        """What `=` clears of setuid, setgid and sticky; those of a directory stay, as in chmod."""
        if directory:
            return 0
        return sum({"u": 0o4000, "g": 0o2000, "o": 0o1000}[who] for who in self.who)


@dataclass(frozen=True, slots=True)
class SymbolicMode:
    """`--chmod=u=rwX,go=rX`: changes, one after the other."""

    changes: tuple[Change, ...]

    def apply(self, mode: int, *, directory: bool) -> int:
        """The mode after all changes."""
        for change in self.changes:
            mode = change.apply(mode, directory=directory)
        return mode & 0o7777


def parse_chmod(text: str) -> Chmod:
    """Read the value of --chmod, already expanded and not empty.

    Without `u`, `g`, `o` or `a` a change is for all, whatever the umask. Raises BuildError.
    """
    if _OCTAL.fullmatch(text):
        mode = int(text, 8)
        if mode <= 0o7777:
            return OctalMode(mode)
        raise _invalid(text)
    changes: list[Change] = []
    for clause in text.split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            raise _invalid(text)
        who = "".join(dict.fromkeys(found[1].replace("a", "ugo"))) or "ugo"
        changes += [Change(who, action[1], action[2]) for action in _ACTION.finditer(found[2])]
    return SymbolicMode(tuple(changes))


def _invalid(text: str) -> BuildError:
    return BuildError(
        f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777",
        hint="symbolic modes as of chmod(1) work too: u=rwX,go=rX",
    )

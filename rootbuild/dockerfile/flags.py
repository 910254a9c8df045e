"""Flags of instructions: `--name[=value]` words in front of the arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rootbuild.dockerfile.space import SPACE
from rootbuild.dockerfile.suggest import did_you_mean
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass


def split_flags(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The flags at the start of `text` with quotes and escapes removed, and what follows.

    A bare `--` ends the flags and is dropped.
    """
    flags = []
    position = _skip_space(text, 0)
    while text.startswith("--", position):
        word, position = _read_word(text, position, escape)
        if word == "--":
            break
        flags.append(word)
        position = _skip_space(text, position)
    return tuple(flags), text[position:]


def _read_word(text: str, position: int, escape: str) -> tuple[str, int]:
    """The word at `position` and where it ends; white space within quotes does not end it."""
    parts: list[str] = []
    quote = ""
    plain = _BACKSLASH if escape == "\\" else _BACKTICK
    while position < len(text):
        char = text[position]
        if found := plain.match(text, position):
            parts.append(found[0])
            position = found.end()
            continue
        if char == escape:
            parts.append(text[position + 1 : position + 2])
            position += 2
            continue
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        elif char in SPACE and not quote:
            break
        else:
            parts.append(char)
        position += 1
    return "".join(parts), position


def _skip_space(text: str, position: int) -> int:
    found = _SPACES.match(text, position)
    return found.end() if found else position


_SPACES = re.compile(f"[{SPACE}]+")
_BACKSLASH = re.compile(f"[^'\"\\\\{SPACE}]+")
_BACKTICK = re.compile(f"[^'\"`{SPACE}]+")


@dataclass(frozen=True, slots=True)
class Known:
    """The flags of an instruction: with a value, yes or no, and those that may come repeatedly."""

    strings: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All names."""
        return (*self.strings, *self.booleans, *self.lists)


NONE = Known()


@dataclass(frozen=True, slots=True)
class Flags:
    """What was given."""

    strings: dict[str, str]
    booleans: dict[str, bool]
    lists: dict[str, list[str]]

    def string(self, name: str) -> str | None:
        """The flag's value, None if it was not given."""
        return self.strings.get(name)

    def boolean(self, name: str) -> bool | None:
        """True, False, or None if it was not given."""
        return self.booleans.get(name)

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a flag that may come repeatedly."""
        return tuple(self.lists.get(name, ()))


def read_flags(words: Iterable[str], known: Known) -> Flags:
    """Sort `words` by name. Raises DockerfileError for what the instruction does not have."""
    flags = Flags({}, {}, {})
    for word in words:
        dashed, equals, value = word.partition("=")
        name = dashed[2:]
        if name in known.lists:
            flags.lists.setdefault(name, []).append(_required(dashed, equals, value))
        elif name in flags.strings or name in flags.booleans:
            raise DockerfileError(f"duplicate flag specified: {dashed}", id="duplicate-flag")
        elif name in known.strings:
            flags.strings[name] = _required(dashed, equals, value)
        elif name in known.booleans:
            flags.booleans[name] = _boolean(dashed, equals, value)
        else:
            raise _unknown(name, known)
    return flags


def _required(dashed: str, equals: str, value: str) -> str:
    if not equals:
        raise _missing(dashed)
    return value


def _boolean(dashed: str, equals: str, value: str) -> bool:
    if equals and not value:
        raise _missing(dashed)
    lower = value.lower()
    if lower not in ("", "true", "false"):
        raise DockerfileError(
            f"expecting boolean value for flag {dashed}, not: {value}", id="bad-flag-value"
        )
    return lower != "false"


def _missing(dashed: str) -> DockerfileError:
    return DockerfileError(
        f"missing a value on flag: {dashed}",
        id="missing-flag-value",
        hint=f"write {dashed}=VALUE, with no space around the =",
    )


def _unknown(name: str, known: Known) -> DockerfileError:
    listed = ", ".join(f"--{other}" for other in known.names())
    return DockerfileError(
        f"unknown flag: --{name}{did_you_mean(name, known.names())}",
        id="unknown-flag",
        hint=f"flags of this instruction: {listed}" if listed else "it has no flags",
    )

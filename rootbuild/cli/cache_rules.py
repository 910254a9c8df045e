"""Options of `cache ...` and `buildx du|prune` as tests of entries and as rules."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from rootbuild.booleans import truth
from rootbuild.build.kept.entry import KINDS, Entry
from rootbuild.build.kept.rules import Rules, Space, Test
from rootbuild.cli.parse import Parsed
from rootbuild.dockerfile.durations import parse_duration
from rootbuild.dockerfile.sizes import ram_in_bytes
from rootbuild.errors import DockerfileError, UsageError

_NANOSECONDS = 10**9
_FILTER = re.compile(r"([a-z-]+)(!=|~=|=)(.*)", re.DOTALL)
_SWITCHES: dict[str, Callable[[Entry], bool]] = {
    "inuse": lambda entry: entry.use,
    "shared": lambda entry: entry.shared,
    "private": lambda entry: not entry.shared,
}
_TEXTS: dict[str, Callable[[Entry], str]] = {
    "id": lambda entry: entry.id,
    "type": lambda entry: entry.kind,
    "description": lambda entry: entry.about,
}
_TIMES = ("until", "unused-for")


def rules(parsed: Parsed) -> Rules:
    """What is to go. Raises UsageError."""
    wanted = tests(parsed.all("filter"))
    if parsed.text("until"):
        wanted += tests([f"until={parsed.text('until')}"])
    space = Space(
        most=_bytes(parsed, "max-used-space"),
        reserved=_bytes(parsed, "reserved-space", "keep-storage"),
        free=_bytes(parsed, "min-free-space"),
    )
    return Rules(parsed.switch("all"), wanted, space)


def tests(filters: tuple[str, ...] | list[str]) -> tuple[Test, ...]:
    """What `--filter` asks of entries. Raises UsageError."""
    return tuple(_test(text) for text in filters)


def _test(text: str) -> Test:
    found = _FILTER.fullmatch(text)
    name, sign, value = found.groups() if found else (text, "=", "true")
    if name in _TIMES and sign == "=":
        moment = _moment(text, value)
        return lambda entry: entry.used <= moment
    if name in _SWITCHES and sign != "~=":
        wanted = _truth(text, value) is (sign == "=")
        return lambda entry: _SWITCHES[name](entry) is wanted
    if name in _TEXTS and found:
        return _text_test(text, _TEXTS[name], sign, value)
    known = ", ".join((*_TIMES, *_SWITCHES, *_TEXTS))
    raise UsageError(f"invalid filter {text!r}", hint=f"one of: {known}", exit_code=1)


def _text_test(text: str, read: Callable[[Entry], str], sign: str, value: str) -> Test:
    if read is _TEXTS["type"] and sign != "~=" and value not in KINDS:
        raise UsageError(f"invalid filter {text!r}", hint="one of: " + ", ".join(KINDS))
    if sign == "~=":
        try:
            pattern = re.compile(value)
        except re.error as error:
            raise UsageError(f"invalid filter {text!r}: {error}", exit_code=1) from error
        return lambda entry: pattern.search(read(entry)) is not None
    if read is _TEXTS["id"]:
        return lambda entry: entry.id.startswith(value) is (sign == "=")
    return lambda entry: (read(entry) == value) is (sign == "=")


def _moment(text: str, when: str) -> float:
    """The time that is meant: so long ago, or at that second."""
    if re.fullmatch(r"[0-9]+", when):
        return float(when)
    try:
        return time.time() - parse_duration(when) / _NANOSECONDS
    except DockerfileError as error:
        raise UsageError(f"invalid filter {text!r}: {error}", exit_code=1) from error


def _truth(text: str, value: str) -> bool:
    try:
        return truth(value)
    except ValueError as error:
        raise UsageError(f"invalid filter {text!r}: {error}", exit_code=1) from error


def _bytes(parsed: Parsed, *names: str) -> int | None:
    """The size that one of some options has."""
    for name in names:
        text = parsed.text(name)
        if text:
            try:
                return ram_in_bytes(text)
            except ValueError as error:
                message = f'invalid argument "{text}" for "--{name}" flag: {error}'
                raise UsageError(message, exit_code=1) from error
    return None

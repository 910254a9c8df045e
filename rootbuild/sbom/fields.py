"""Records of `Name: value` lines with a blank line between them, as dpkg and Python write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def records(text: str) -> Iterator[Mapping[str, str]]:
    """Each record as lower-case name -> value; lines that go on a value are left out.

    Of a name that comes twice the first counts. Lines that are neither are skipped.
    """
    record: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.strip():
            if record:
                yield record
            record = {}
        elif not line[0].isspace():
            name, colon, value = line.partition(":")
            if colon:
                record.setdefault(name.strip().lower(), value.strip())
    if record:
        yield record


def first(text: str) -> Mapping[str, str]:
    """The first record; empty if there is none."""
    return next(records(text), {})

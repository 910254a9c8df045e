"""Comma-separated `key=value` fields, as in `--mount=type=cache,target=/x`: one line of CSV."""

from __future__ import annotations

from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass

EXTRANEOUS = 'extraneous or missing " in quoted-field'


@dataclass(frozen=True, slots=True)
class Field:
    """One field: as written, its key in lower case, and what is behind the `=` if there is one."""

    text: str
    key: str
    value: str | None


class CsvError(ValueError):
    """A quote that stands where it cannot."""


def read_fields(text: str) -> tuple[Field, ...]:
    """The fields of a `--mount`. Raises DockerfileError."""
    try:
        return tuple(_field(part) for part in split_csv(text))
    except CsvError as error:
        raise DockerfileError(f"failed to parse csv mounts: {error}", id="bad-mount") from error


def split_csv(text: str) -> list[str]:
    """The values of one line of CSV. Raises CsvError."""
    values: list[str] = []
    position = 0
    while position <= len(text):
        if text.startswith('"', position):
            value, position = _quoted(text, position + 1)
        else:
            end = text.find(",", position)
            end = len(text) if end < 0 else end
            value, position = text[position:end], end + 1
            if '"' in value:
                column = end - len(value) + value.index('"') + 1
                raise CsvError(
                    f'parse error on line 1, column {column}: bare " in non-quoted field'
                )
        values.append(value)
    return values


def _quoted(text: str, position: int) -> tuple[str, int]:
    """The value whose opening quote is before `position`, and where the next one begins."""
    value = ""
    while True:
        end = text.find('"', position)
        if end < 0:
            raise _misplaced(len(text) + 1, EXTRANEOUS)
        value += text[position:end]
        if text.startswith('"', end + 1):
            value += '"'
            position = end + 2
        elif end + 1 == len(text) or text[end + 1] == ",":
            return value, end + 2
        else:
            raise _misplaced(end + 1, EXTRANEOUS)


def _misplaced(column: int, problem: str) -> CsvError:
    return CsvError(f"parse error on line 1, column {column}: {problem}")


def _field(text: str) -> Field:
    key, equals, value = text.partition("=")
    return Field(text, key.lower(), value if equals else None)

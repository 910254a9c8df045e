"""`--format`: what we answer ourselves, as a table, as JSON or by a template."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from rootbuild.errors import UsageError
from rootbuild.runtime.display import table
from rootbuild.template import Record, TemplateError, Value, render

JSON = "{{json .}}"
_BAD_TEMPLATE = 64


def one(form: str, record: Record) -> str:
    """One thing by a template. Raises UsageError with Docker's exit code for that."""
    try:
        return render(JSON if form == "json" else form, record) + "\n"
    except TemplateError as error:
        raise UsageError(f"template parsing error: {error}", exit_code=_BAD_TEMPLATE) from None


def many(
    form: str,
    rows: Iterable[Record],
    headers: Mapping[str, Value],
    columns: Sequence[str],
    *,
    headed: bool = True,
) -> str:
    """A line a row; without a template, or with `table`, the `columns` in a table."""
    form = form.replace("\\t", "\t").replace("\\n", "\n")
    if form in ("", "table"):
        form = "table " + "\t".join(f"{{{{.{column}}}}}" for column in columns)
    if not form.startswith("table "):
        return "".join(line(form, row) for row in rows)
    form = form.removeprefix("table ")
    above = headers if isinstance(headers, Record) else Record(headers)
    cells = [line(form, row).rstrip("\n").split("\t") for row in (above, *rows)]
    width = max(len(row) for row in cells)
    text = table([(*row, *[""] * (width - len(row))) for row in cells])
    return text if headed else text.partition("\n")[2]


def line(form: str, row: Record) -> str:
    """One row. Raises UsageError."""
    try:
        return render(JSON if form == "json" else form, row) + "\n"
    except TemplateError as error:
        raise UsageError(f"template parsing error: {error}", exit_code=1) from None


def write_all(form: str, records: Sequence[Record]) -> int:
    """What `inspect` found: by a template each, else as one list of JSON. Raises UsageError."""
    if form and form != "json":
        return write("".join(one(form, record) for record in records))
    indent = None if form else 4
    return write(json.dumps(records, indent=indent, ensure_ascii=False) + "\n")


def write(text: str) -> int:
    """Print it; gives the exit code of a command that went well."""
    sys.stdout.write(text)
    return 0

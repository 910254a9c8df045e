"""`container ls` with a template: the engine's list, with the fields that Docker's JSON has."""

from __future__ import annotations

from rootbuild.cli import rows
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.image import reference
from rootbuild.runtime.calls import ask
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

_HEADERS = {
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Labels": "LABELS",
    "Mounts": "MOUNTS",
    "Names": "NAMES",
    "Networks": "NETWORKS",
    "Ports": "PORTS",
    "RunningFor": "CREATED",
    "State": "STATE",
    "Status": "STATUS",
}
# Docker writes these as text, with commas.
_LISTS = {
    "Labels": "{{range $key, $value := .Labels}}{{$key}}={{$value}},{{end}}",
    "Mounts": "{{range .Mounts}}{{.}},{{end}}",
}
# Between fields, as commands and labels may hold anything that people type.
_BETWEEN = "\x1f"


def ls(parsed: Parsed) -> int:
    """List containers by a template with Docker's fields."""
    form = parsed.text("format")
    sized = {"Size": "SIZE"} if parsed.switch("size") else {}
    headers = {**_HEADERS, **sized}
    asked = _BETWEEN.join(_LISTS.get(name, f"{{{{.{name}}}}}") for name in headers)
    outcome = ask(choose_runtime(), (*words(parsed, ["format"]), f"--format={asked}"))
    if outcome.status != 0:
        outcome.replay()
        return 1
    found = []
    for line in outcome.answer.decode("utf-8", "replace").splitlines():
        row = Record(zip(headers, line.split(_BETWEEN), strict=False))
        for name in _LISTS:
            row[name] = str(row.get(name, "")).rstrip(",")
        row["State"] = _state(str(row.get("Status", "")))
        row["Image"] = reference.familiar(str(row.get("Image", "")))
        found.append(row)
    return rows.write(rows.many(form, found, headers, ()))


def _state(status: str) -> str:
    """Docker's word for a state, from the text that begins with it (`Up 2 minutes`)."""
    first = status.split(" ", 1)[0].lower()
    return "paused" if status.endswith("(Paused)") else {"up": "running"}.get(first, first)

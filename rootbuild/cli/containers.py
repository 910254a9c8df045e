"""`container ls`: the engine's, with Docker's fields where a template wants JSON."""

from __future__ import annotations

from rootbuild.backend import choose_runtime
from rootbuild.cli import rows
from rootbuild.cli.engine import become, words
from rootbuild.cli.identity import DOCKER
from rootbuild.cli.parse import Parsed
from rootbuild.image import reference
from rootbuild.runtime.calls import ask
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


def run(parsed: Parsed) -> int:
    """List containers.

    The engine has Docker's fields, but its JSON has others. `--format json` alone stays the
    engine's where we are not called docker, as clients of podman read it.
    """
    form = parsed.text("format")
    if "json" not in form or (form == "json" and parsed.program != DOCKER):
        return become(parsed)
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

"""BuildKit's machine-readable progress: a JSON object a line, each a `SolveStatus`.

https://github.com/moby/buildkit/blob/master/client/graph.go names the fields.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TextIO

from rootbuild.progress.findings import Finding, Outline
from rootbuild.progress.reporter import CANCELED, Measure

Json = dict[str, object]

_CONTEXT_CANCELED = "context canceled"
_STDOUT = 1


class RawJsonReporter:
    """Writes to a text stream, usually standard error. `clock` gives seconds since 1970."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._named: dict[str, int] = {}
        self._inputs: dict[str, list[str]] = {}
        self._vertices: dict[int, Json] = {}
        self._held: list[str] | None = None
        self._items: dict[tuple[int, str], Json] = {}

    def start(self, vertex: int, name: str) -> None:
        """A vertex that begins."""
        with self._lock:
            self._write(vertexes=[self._vertex(vertex, name, started=self._now())])

    def cached(self, vertex: int, name: str) -> None:
        """A vertex that begins and ends at once."""
        with self._lock:
            now = self._now()
            found = self._vertex(vertex, name, started=now, completed=now, cached=True)
            self._write(vertexes=[found])

    def log(self, vertex: int, data: bytes) -> None:
        """Output, as it came."""
        with self._lock:
            entry = {
                "vertex": self._digest(vertex),
                "stream": _STDOUT,
                "data": base64.b64encode(data).decode(),
                "timestamp": self._now(),
            }
            self._write(logs=[entry])

    def status(self, vertex: int, text: str) -> None:
        """A remark, as a status that is complete."""
        with self._lock:
            now = self._now()
            more = {"timestamp": now, "started": now, "completed": now}
            identity = text.removesuffix(" done")
            self._write(
                statuses=[{"id": identity, "vertex": self._digest(vertex), "current": 0, **more}]
            )

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """How far something has got."""
        with self._lock:
            now = self._now()
            entry = self._items.setdefault(
                (vertex, item), {"id": item, "vertex": self._digest(vertex), "started": now}
            )
            entry |= {"current": current, "timestamp": now}
            if total > 0:
                entry["total"] = total
                if current >= total:
                    entry["completed"] = now
            self._write(statuses=[entry])

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """Nothing is drawn."""

    def done(self, vertex: int) -> None:
        """A vertex that is complete."""
        with self._lock:
            self._complete_items(vertex)
            self._write(vertexes=[self._again(vertex, completed=self._now())])

    def failed(self, vertex: int, message: str) -> None:
        """A vertex that has ended in an error."""
        with self._lock:
            error = _CONTEXT_CANCELED if message == CANCELED else message
            self._write(vertexes=[self._again(vertex, completed=self._now(), error=error)])

    def warn(self, text: str) -> None:
        """A warning about the whole build."""
        with self._lock:
            self._write(warnings=[{"level": 1, "short": base64.b64encode(text.encode()).decode()}])

    def tell(self, finding: Finding) -> None:
        """Of the stages it is learned what each step builds upon."""
        if not isinstance(finding, Outline):
            return
        last = {stage.name: stage.steps[-1] for stage in finding.stages if stage.steps}
        for stage in finding.stages:
            below = [last[name] for name in stage.needs if name in last]
            for title in stage.steps:
                self._inputs.setdefault(title, [_hash(name) for name in below])
                below = [title]

    def hide(self, secret: bytes) -> None:
        """What a step prints is shown as it is, as on a terminal."""

    def animate(self) -> None:
        """Each line is written when it is told."""

    def pause(self, words: str) -> None:
        """Hold back what comes."""
        with self._lock:
            self._held = []

    def resume(self) -> None:
        """Write what was held back."""
        with self._lock:
            held, self._held = self._held or [], None
            self._stream.writelines(held)
            self._stream.flush()

    def close(self) -> None:
        """Every line is complete by itself."""

    def _vertex(self, vertex: int, name: str, **more: object) -> Json:
        count = self._named[name] = self._named.get(name, 0) + 1
        digest = _hash(name if count == 1 else f"{name} #{count}")
        inputs = self._inputs.get(name)
        found: Json = {"digest": digest, **({"inputs": inputs} if inputs else {}), "name": name}
        self._vertices[vertex] = found
        found |= more
        return found

    def _again(self, vertex: int, **more: object) -> Json:
        found = self._vertices[vertex]
        found |= more
        return found

    def _digest(self, vertex: int) -> object:
        return self._vertices[vertex]["digest"]

    def _complete_items(self, vertex: int) -> None:
        for (owner, _), entry in self._items.items():
            if owner == vertex and "completed" not in entry:
                now = self._now()
                entry |= {"timestamp": now, "completed": now}
                self._write(statuses=[entry])

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._clock(), timezone.utc)
        return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"

    def _write(self, **content: object) -> None:
        line = json.dumps(content, separators=(",", ":")) + "\n"
        if self._held is not None:
            self._held.append(line)
            return
        self._stream.write(line)
        self._stream.flush()


def _hash(name: str) -> str:
    return "sha256:" + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()

"""Writing a record while a build goes on, so that it is there however the build ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.errors import Interrupted, RootbuildError
from rootbuild.history import record
from rootbuild.history.record import End, Event, Head, Status
from rootbuild.history.redaction import Redaction
from rootbuild.progress.reporter import Measure

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding

MOST_LOG_BYTES = 1 << 20
"""Of the output of a step, its beginning up to this is kept, and then its end."""

TAIL_BYTES = 64 << 10
MOST_DETAIL = 16 << 10
FLUSH_SECONDS = 0.1
_CHUNK = 64 << 10


class _Output:
    """What a vertex has printed: kept so far, not a whole line yet, and the end of the rest."""

    def __init__(self) -> None:
        self.kept = 0
        self.pending = b""
        self.tail = b""
        self.left_out = 0
        self.items: dict[str, tuple[int, int]] = {}


class Recorder:
    """A reporter that writes to a file with a lock on it, which is held as long as we live.

    So is the lock of a build that goes on in a fork of ours: whoever finds a record that has no
    end and no lock knows that the build was killed. A record is never a reason for a build to
    fail: where it cannot be written, there is none.
    """

    def __init__(self, folder: Path, head: Head, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began = head.started
        self._lock = threading.Lock()
        self._pending: list[str] = []
        self._flushed = 0.0
        self._outputs: dict[int, _Output] = {}
        self._redaction = Redaction()
        self._counts = {"start": 0, "cached": 0, "done": 0}
        self._steps: set[int] = set()
        self._file = _opened(folder / file_name(head))
        self._write(record.dump_head(head))
        self.flush()

    def start(self, vertex: int, name: str) -> None:
        """Note that a vertex begins."""
        with self._lock:
            self._count("start", vertex, name)
            self._add("start", vertex, self._redaction.text(name))
            self._flush()

    def cached(self, vertex: int, name: str) -> None:
        """Note a vertex whose result is known."""
        with self._lock:
            self._count("cached", vertex, name)
            self._add("cached", vertex, self._redaction.text(name))

    def log(self, vertex: int, data: bytes) -> None:
        """Keep whole lines of output, without what must not be kept."""
        with self._lock:
            output = self._outputs.setdefault(vertex, _Output())
            lines, newline, output.pending = (output.pending + data).rpartition(b"\n")
            if len(output.pending) > _CHUNK:
                lines, newline, output.pending = lines + newline + output.pending, b"", b""
            if lines or newline:
                self._keep(vertex, output, self._redaction.data(lines + newline))
            if self._clock() - self._flushed > FLUSH_SECONDS:
                self._flush()

    def status(self, vertex: int, text: str) -> None:
        """Keep a remark."""
        with self._lock:
            self._add("status", vertex, self._redaction.text(text))

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """Only how far it came in the end is kept."""
        with self._lock:
            self._outputs.setdefault(vertex, _Output()).items[item] = (current, total)

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """Nothing is drawn."""

    def done(self, vertex: int) -> None:
        """Note that a vertex has ended well."""
        with self._lock:
            self._counts["done"] += vertex in self._steps
            self._end(vertex)
            self._add("done", vertex)
            self._flush()

    def failed(self, vertex: int, message: str) -> None:
        """Note that a vertex has failed."""
        with self._lock:
            self._end(vertex)
            self._add("failed", vertex, self._redaction.text(message))
            self._flush()

    def warn(self, text: str) -> None:
        """Keep a warning."""
        with self._lock:
            self._add("warn", self._redaction.text(text))

    def tell(self, finding: Finding) -> None:
        """Keep a finding."""
        with self._lock:
            kind, found = record.dump_finding(finding)
            self._add("tell", kind, self._redaction.tree(found))

    def hide(self, secret: bytes) -> None:
        """Leave a value out from now on."""
        with self._lock:
            self._redaction.add(secret)

    def animate(self) -> None:
        """Nothing moves in a file."""

    def pause(self, words: str) -> None:
        """Nothing is on a terminal."""

    def resume(self) -> None:
        """Nothing is on a terminal."""

    def close(self) -> None:
        """Nothing: `end` says how it ended."""

    def flush(self) -> None:
        """Write what is pending; to be called before a fork, or it would be written twice."""
        with self._lock:
            self._flush()

    @property
    def steps_done(self) -> int:
        """How many steps this build has done itself."""
        return self._counts["done"]

    def leave(self) -> None:
        """Let go of the file: another process goes on with it."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def end(self, image: str = "", error: BaseException | None = None) -> None:
        """Note how the build ended. Nothing can be noted after that."""
        with self._lock:
            for vertex in list(self._outputs):
                self._end(vertex)
            self._write(record.dump_end(self._ending(image, error)))
            self._flush()
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _ending(self, image: str, error: BaseException | None) -> End:
        seconds = round(self._clock() - self._began, 3)
        steps = self._counts["start"] + self._counts["cached"]
        counts = End(
            seconds,
            _status(error),
            image,
            total=steps,
            cached=self._counts["cached"],
            done=self._counts["done"],
        )
        if error is None:
            return counts
        if not isinstance(error, RootbuildError):
            return counts._replace(message=self._redaction.text(f"{type(error).__name__}: {error}"))
        report, hidden = error.report, self._redaction.text
        excerpt = report.excerpt.render() if report.excerpt else ""
        where = f"{report.location.file}:{report.location.start}\n" if report.location else ""
        return counts._replace(
            message=hidden(report.message),
            error=error.id,
            detail=hidden(report.detail[-MOST_DETAIL:]),
            excerpt=hidden(where + excerpt),
            hint=hidden(report.hint),
        )

    def _count(self, what: str, vertex: int, name: str) -> None:
        """Count steps; what begins with `[internal]`, or with no bracket, is none."""
        if name.startswith("[") and not name.startswith(("[internal]", "[context ")):
            self._counts[what] += 1
            self._steps.add(vertex)

    def _keep(self, vertex: int, output: _Output, data: bytes) -> None:
        if output.kept < MOST_LOG_BYTES:
            output.kept += len(data)
            self._add("log", vertex, record.text(data))
        else:
            joined = output.tail + data
            output.tail = joined[-TAIL_BYTES:]
            output.left_out += len(joined) - len(output.tail)

    def _end(self, vertex: int) -> None:
        output = self._outputs.pop(vertex, None)
        if output is None:
            return
        if output.pending:
            self._keep(vertex, output, self._redaction.data(output.pending))
        if output.left_out:
            self._add("log", vertex, f"... {output.left_out} bytes are left out here ...\n")
        if output.tail:
            self._add("log", vertex, record.text(output.tail))
        for item, (current, total) in output.items.items():
            self._add("progress", vertex, item, current, total)

    def _add(self, kind: str, *rest: object) -> None:
        event: Event = [round(self._clock() - self._began, 3), kind, *rest]
        self._write(record.dump_event(event))

    def _write(self, line: str) -> None:
        self._pending.append(line)

    def _flush(self) -> None:
        self._flushed = self._clock()
        data, self._pending = "".join(self._pending).encode(), []
        if self._file < 0 or not data:
            return
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:  # the disk is full, say
            os.close(self._file)
            self._file = -1


def file_name(head: Head) -> str:
    """Names sort by the time of their builds."""
    return f"{int(head.started * 1000):015}-{head.id}.build"


def new_id() -> str:
    """An id for a build, as BuildKit makes them: 25 letters and digits."""
    number = int.from_bytes(os.urandom(17), "big")
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    for _ in range(25):
        number, digit = divmod(number, 36)
        found += digits[digit]
    return found


def _opened(path: Path) -> int:
    """A new file with a lock on it; -1 if there cannot be one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        try:
            found = os.open(path, flags, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = os.open(path, flags, 0o600)
        with contextlib.suppress(OSError):
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return found
    return -1


def _status(error: BaseException | None) -> Status:
    if error is None:
        return "completed"
    canceled = isinstance(error, Interrupted) or not isinstance(error, Exception)
    return "canceled" if canceled else "error"

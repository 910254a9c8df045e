"""Records while they are written, and read back."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path

import pytest

from rootbuild.errors import HostError, Interrupted
from rootbuild.history import bounds, folder
from rootbuild.history.recorder import MOST_LOG_BYTES, TAIL_BYTES, Recorder, new_id
from rootbuild.history.replay import replay
from rootbuild.progress.plain import PlainReporter
from tests.build.recorded import Listener
from tests.history.recorded_builds import OUTLINE, Ticks, failure, full, head


def only(where: Path) -> folder.Record:
    (found,) = folder.records(where)
    return found


def logged(where: Path) -> str:
    return "".join(event[3] for event in only(where).events() if event[1] == "log")


def test_all_that_was_told_can_be_told_again(tmp_path: Path) -> None:
    full(tmp_path, tags=("app",))
    record = only(tmp_path)
    assert (record.status, record.head.name) == ("completed", "app")
    assert record.end is not None
    assert (record.end.total, record.end.cached, record.end.done) == (3, 1, 2)
    listener = Listener()
    replay(record.events(), listener, lambda seconds: None)
    assert ("tell", OUTLINE) in listener.told
    assert ("log", 3) in [told[:2] for told in listener.told]
    assert listener.told[-1] == ("close",)


def test_as_plain_text_with_the_times_of_then(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head(), lambda: 1003.5)
    recorder.start(1, "[1/1] RUN make")
    recorder.log(1, b"line\n")
    recorder.done(1)
    recorder.end()
    out, times = io.StringIO(), [0.0]

    def at(seconds: float) -> None:
        times[0] = seconds

    replay(only(tmp_path).events(), PlainReporter(out, lambda: times[0]), at)
    assert out.getvalue() == "#1 [1/1] RUN make\n#1 0.000 line\n#1 DONE 0.0s\n"


def test_bytes_stay_as_they_are(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head())
    recorder.start(1, "[1/1] RUN x")
    text = "é日\n".encode()
    for at in range(len(text)):  # cut within characters
        recorder.log(1, text[at : at + 1])
    recorder.log(1, b"\xff\xfe no end")
    recorder.done(1)
    recorder.end()
    assert logged(tmp_path).encode("utf-8", "surrogateescape") == text + b"\xff\xfe no end"


def test_long_output_is_kept_from_its_beginning_and_its_end(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head())
    recorder.start(1, "[1/1] RUN x")
    line = b"x" * 1023 + b"\n"
    for _ in range(3 * MOST_LOG_BYTES // len(line)):
        recorder.log(1, line)
    recorder.log(1, b"the end\n")
    recorder.done(1)
    recorder.end()
    text = logged(tmp_path)
    assert MOST_LOG_BYTES <= len(text) <= MOST_LOG_BYTES + TAIL_BYTES + 2048
    assert "bytes are left out here" in text
    assert text.endswith("the end\n")


def test_secrets_are_nowhere(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head())
    recorder.hide(b"hunter2hunter2\n")
    recorder.hide(b"-----BEGIN KEY-----\nc2VjcmV0IGxpbmU=\n-----END KEY-----\n")
    recorder.start(1, "[1/1] RUN echo hunter2hunter2")
    for part in (
        b"it is hun",
        b"ter2hunter2\n",
        b"key: c2VjcmV0",
        b"IGxpbmU= ok\n",
        b"hunter2hunter2",
    ):
        recorder.log(1, part)
    recorder.status(1, "hunter2hunter2")
    recorder.failed(1, "exit with hunter2hunter2")
    error = failure()
    error.advise("not hunter2hunter2")
    recorder.end(error=error)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"hunter2" not in written
    assert b"c2VjcmV0" not in written
    assert b"it is ***" in written


def test_a_failure_is_kept_as_it_was_shown(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head(), Ticks())
    recorder.start(1, "[1/1] RUN x")
    recorder.failed(1, "exit code: 1")
    recorder.end(error=failure())
    record = only(tmp_path)
    assert record.status == "error"
    assert record.end is not None
    assert record.end.message == "exit code: 1"
    assert (record.end.error, record.end.hint) == ("run-failed", "look inside")
    assert record.end.detail == "last words"
    assert record.end.excerpt.startswith("Dockerfile:2")


@pytest.mark.parametrize("error", [Interrupted("canceled by SIGINT"), KeyboardInterrupt()])
def test_interrupted(error: BaseException, tmp_path: Path) -> None:
    Recorder(tmp_path, head()).end(error=error)
    assert only(tmp_path).status == "canceled"


def test_a_bug(tmp_path: Path) -> None:
    Recorder(tmp_path, head()).end(error=ValueError("no"))
    record = only(tmp_path)
    assert record.status == "error"
    assert record.end is not None
    assert record.end.message == "ValueError: no"


def test_running_and_killed(tmp_path: Path) -> None:
    """Another process is killed while it builds; its record says so, with all it had told."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        recorder = Recorder(tmp_path, head())
        recorder.start(1, "[1/1] RUN sleep")
        os.write(tell, b"x")
        signal.pause()
    os.read(ready, 1)
    assert only(tmp_path).status == "running"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    record = only(tmp_path)
    assert record.status == "killed"
    assert [event[1:] for event in record.events()] == [["start", 1, "[1/1] RUN sleep"]]
    for descriptor in (ready, tell):
        os.close(descriptor)


def test_a_fork_goes_on_with_the_record(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head())
    recorder.cached(1, "[1/2] FROM x")
    recorder.flush()
    child = os.fork()
    if child == 0:
        recorder.start(2, "[2/2] RUN x")
        recorder.done(2)
        recorder.end("ab")
        os._exit(0)
    os.waitpid(child, 0)
    recorder.leave()
    record = only(tmp_path)
    assert record.status == "completed"
    assert [event[1] for event in record.events()] == ["cached", "start", "done"]


def test_what_was_cut_off_is_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, head())
    recorder.start(1, "[1/1] RUN x")
    recorder.leave()
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'[1.0,"log",1,"ha')
    record = only(tmp_path)
    assert record.status == "killed"
    assert [event[1] for event in record.events()] == ["start"]


def test_other_files_are_no_records(tmp_path: Path) -> None:
    (tmp_path / "1-x.build").write_text("what is this?\n")
    (tmp_path / "2-y.build").write_text(json.dumps({"version": 99}) + "\n")
    (tmp_path / "notes").write_text("")
    assert list(folder.records(tmp_path)) == []


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    recorder = Recorder(tmp_path / "file", head())
    recorder.start(1, "[1/1] RUN x")
    recorder.log(1, b"x\n")
    recorder.done(1)
    recorder.end()


def test_a_full_disk_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path, head())

    def full_disk(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full_disk)
    recorder.start(1, "[1/1] RUN x")
    recorder.done(1)
    recorder.end()
    monkeypatch.undo()
    assert only(tmp_path).status == "killed"


def test_records_are_private(tmp_path: Path) -> None:
    where = tmp_path / "new" / "history"
    full(where)
    (path,) = where.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert where.stat().st_mode & 0o777 == 0o700


def test_the_oldest_go(tmp_path: Path) -> None:
    for number in range(6):
        full(tmp_path, f"id{number}", 1000.0 + number)
    running = Recorder(tmp_path, head("running", 1.0))
    bounds.prune(tmp_path, records=3)
    left = [record.head.id for record in folder.records(tmp_path)]
    assert left == ["id5", "id4", "id3", "running"]
    running.end()
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    bounds.prune(tmp_path, total=size // 2)
    assert next(folder.records(tmp_path)).head.id == "id5"
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= size // 2


def test_found_by_what_people_write(tmp_path: Path) -> None:
    for place, name in enumerate(("abc1", "abd2", "xyz3")):
        full(tmp_path, name, 1000.0 + place)

    def id_of(reference: str) -> str:
        return folder.find(tmp_path, reference).head.id

    assert id_of("") == "xyz3"
    assert id_of("^0") == "xyz3"
    assert id_of("^1") == id_of("^") == "abd2"
    assert id_of("abc") == "abc1"
    assert id_of("default/default/abd2") == "abd2"
    for wrong in ("ab", "q", "^9", "^x"):
        with pytest.raises(HostError) as raised:
            id_of(wrong)
        assert raised.value.id == "no-such-build"


def test_ids() -> None:
    found = {new_id() for _ in range(100)}
    assert len(found) == 100
    assert all(len(one) == 25 and one.isalnum() and one == one.lower() for one in found)

"""The engine's list of containers -> Docker's rows, and which of them filters leave."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from rootbuild.backend import StoredImage
from rootbuild.errors import UsageError
from rootbuild.runtime import listed, selection
from rootbuild.runtime.listed import Listed
from rootbuild.template import render
from tests.runtime.fakes import FakeRuntime

NOW = datetime.fromtimestamp(1_000_100, timezone.utc)
RUNNING: dict[str, Any] = {
    "Id": "a" * 64, "Names": ["p1"], "Image": "docker.io/diamol/base:latest", "ImageID": "e" * 64,
    "Command": ["sh", "-c", 'echo "hello" everybody'], "State": "running",
    "Status": "Up 5 seconds ago (healthy)", "Created": 1_000_000, "StartedAt": 1_000_095,
    "Labels": {"c": "d", "a": "b"}, "Mounts": ["/data", "/x"], "Networks": ["usual"],
    "Ports": [{"host_ip": "", "container_port": 80, "host_port": 8080, "range": 2,
               "protocol": "tcp"}],
    "Size": {"rwSize": 12, "rootFsSize": 1_985_570},
}  # fmt: skip
EXITED: dict[str, Any] = {
    "Id": "b" * 64, "Names": ["p10"], "Image": "", "ImageID": "f" * 64, "Command": None,
    "State": "exited", "ExitCode": 3, "Created": 1_000_000, "ExitedAt": 1_000_040, "Labels": None,
    "Networks": [], "Ports": None, "Size": None,
}  # fmt: skip
DESCRIBED: dict[str, Any] = {
    "Mounts": [{"Type": "volume", "Name": "a-long-name-of-a-volume", "Driver": "local"},
               {"Type": "bind", "Source": "/x"}],
    "NetworkSettings": {"Networks": {"usual": {}}, "Ports": {"80/tcp": [], "9000/udp": None}},
}  # fmt: skip


def containers() -> list[Listed]:
    first = listed.completed(listed.read(RUNNING, "usual"), DESCRIBED, "usual")
    host = {"HostConfig": {"NetworkMode": "none"}}
    return [first, listed.completed(listed.read(EXITED, "usual"), host, "usual")]


@pytest.mark.parametrize(
    ("form", "first", "second"),
    [
        ("{{.ID}} {{.Names}} {{.Image}}", f"{'a' * 12} p1 diamol/base:latest",
         f"{'b' * 12} p10 {'f' * 12}"),
        ("{{.State}}|{{.Status}}", "running|Up 5 seconds (healthy)",
         "exited|Exited (3) About a minute ago"),
        ("{{.Labels}}|{{.Label `c`}}|{{.Label `no`}}", "a=b,c=d|d|", "||"),
        ("{{.Mounts}} {{.LocalVolumes}}", "a-long-name-of…,/x 1", " 0"),
        ("{{.Networks}} {{.Ports}}", "bridge 0.0.0.0:8080-8081->80-81/tcp", "none "),
        ("{{.Command}}", '"sh -c echo \\"hello\\" …"', '""'),
        ("{{.Size}}", "12B (virtual 1.99MB)", "0B"),
        ("{{.RunningFor}}", "About a minute ago", "About a minute ago"),
    ],
)  # fmt: skip
def test_fields(form: str, first: str, second: str) -> None:
    found = [render(form, listed.row(container, NOW)) for container in containers()]
    assert found == [first, second]


def test_whole_fields() -> None:
    row = listed.row(containers()[0], NOW, whole=True)
    assert (row["ID"], row["Mounts"]) == ("a" * 64, "a-long-name-of-a-volume,/x")


def test_paused_and_starting() -> None:
    paused = listed.read({**RUNNING, "State": "paused"}, "usual")
    assert listed.row(paused, NOW)["Status"] == "Up 5 seconds (Paused)"
    starting = listed.read({**RUNNING, "Status": "Up 5 seconds ago (starting)"}, "usual")
    assert listed.row(starting, NOW)["Status"] == "Up 5 seconds (health: starting)"
    made = listed.read({**EXITED, "State": "configured"}, "usual")
    assert listed.row(made, NOW)["Status"] == "Created"


def test_only_what_the_list_does_not_tell_is_asked(tmp_path: Path) -> None:
    runtime = FakeRuntime(tmp_path / "log", fails="container")
    plain = listed.read({**RUNNING, "Mounts": []}, "usual")
    assert listed.completed_all(runtime, [plain]) == [plain]
    assert runtime.told == []
    listed.completed_all(runtime, [plain], exposed=True)
    assert runtime.told == [f"container inspect {'a' * 64}"]


def test_heading_of_a_label() -> None:
    assert render('{{.Label "com.example.one-two"}}', listed.Headings()) == "one two"


def left(*filters: str) -> str:
    images = [StoredImage("e" * 64, ("docker.io/diamol/base:latest",))]
    found = selection.left(
        selection.read(filters),
        containers(),
        images=lambda: images,
        networks=lambda: [("9" * 64, "nat")],
    )
    return " ".join(container.names[0] for container in found)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["ancestor=diamol/base"], "p1"),
        (["ancestor=diamol/base:latest"], "p1"),
        (["ancestor=docker.io/diamol/base"], "p1"),
        (["ancestor=eeeeeeeeeeee"], "p1"),
        (["ancestor=nope"], ""),
        (["name=p1"], "p1 p10"),
        (["name=^/p1$"], "p1"),
        (["name=/p1"], "p1 p10"),
        (["name=^p1$", "name=0"], "p1 p10"),
        (["name=["], ""),
        (["network=bridge"], "p1"),
        (["network=none"], "p10"),
        (["network=" + "9" * 64], ""),
        (["publish=8081"], "p1"),
        (["publish=8000-8080/tcp"], "p1"),
        (["publish=80"], ""),
        (["expose=9000/udp"], "p1"),
        (["expose=80-90"], "p1"),
        (["expose=9000"], ""),
        (["status=exited"], "p10"),
        (["status=exited", "status=running"], "p1 p10"),
        (["status=exited", "name=p1$"], ""),
        (["is-task=false"], "p1 p10"),
        (["is-task=true"], ""),
        (["isolation=default", "label=x"], "p1 p10"),
    ],
)
def test_filters(filters: list[str], names: str) -> None:
    assert left(*filters) == names


def test_filters_of_the_engine() -> None:
    found = selection.read(["label=a=b", "name=x", "volume=v"])
    assert found.engine == ("label=a=b", "volume=v")
    assert not found.everything
    assert selection.read(["status=dead"]).everything


@pytest.mark.parametrize(
    ("text", "message", "status"),
    [
        ("nope=1", "invalid filter 'nope'", 1),
        ("status=nope", "invalid filter 'status=nope'", 1),
        ("publish=x", "invalid filter 'publish=x'", 1),
        ("is-task=x", "invalid filter 'is-task=x'", 1),
        ("name", "bad format of filter", 125),
    ],
)
def test_filters_that_are_none(text: str, message: str, status: int) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        selection.read([text])
    assert caught.value.exit_code == status

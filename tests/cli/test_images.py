from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from rootbuild.backend import StoredImage
from rootbuild.cli.image import told_removed
from rootbuild.cli.images import entries, listing
from rootbuild.cli.main import main
from rootbuild.runtime.display import age, size

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
IMAGES = [
    StoredImage("a" * 64, ("docker.io/library/app:1", "docker.io/library/app:latest"),
                "sha256:" + "d" * 64, "2025-12-31T22:30:00Z", 1_992_750),
    StoredImage("b" * 64, ("localhost/app:latest",), "", "2025-12-31T23:59:58Z", 5),
    StoredImage("c" * 64, (), "", "2025-12-31T23:59:59Z", 123_456_789),
    StoredImage("e" * 64, ("docker.io/diamol/base:latest", "reg:5000/x:2"), "", "", -1),
]  # fmt: skip


def test_table() -> None:
    assert listing(list(entries(IMAGES)), now=NOW) == (
        "REPOSITORY      TAG      IMAGE ID       CREATED             SIZE\n"
        "localhost/app   latest   bbbbbbbbbbbb   2 seconds ago       5B\n"
        "app             1        aaaaaaaaaaaa   About an hour ago   1.99MB\n"
        "app             latest   aaaaaaaaaaaa   About an hour ago   1.99MB\n"
        "diamol/base     latest   eeeeeeeeeeee   N/A                 N/A\n"
        "reg:5000/x      2        eeeeeeeeeeee   N/A                 N/A\n"
    )


def test_whole_table() -> None:
    rows = list(entries(IMAGES, "app:1"))
    shown = listing(rows, whole=True, digests=True, now=NOW).splitlines()[1]
    assert shown.split()[:4] == ["app", "1", "sha256:" + "d" * 64, "sha256:" + "a" * 64]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("", "baaee"),
        ("app", "baa"),
        ("app:1", "a"),
        ("app:*", "baa"),
        ("diamol/*", "e"),
        ("reg:5000/x", "e"),
        ("localhost/app", "b"),
        ("nope", ""),
    ],
)
def test_selection(wanted: str, ids: str) -> None:
    assert "".join(image.id[0] for _, _, image in entries(IMAGES, wanted)) == ids


def test_steps_of_builds_are_shown_when_asked_for() -> None:
    assert ("<none>", "<none>", IMAGES[2]) in entries(IMAGES, everything=True)
    assert IMAGES[2] not in [image for _, _, image in entries(IMAGES)]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0B"), (999, "999B"), (1000, "1kB"), (77_823_456, "77.8MB"), (1_234_567_890, "1.23GB")],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "Less than a second ago"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "About a minute ago"),
        (120, "2 minutes ago"),
        (3600, "About an hour ago"),
        (7200, "2 hours ago"),
        (47 * 3600, "47 hours ago"),
        (48 * 3600, "2 days ago"),
        (14 * 86400, "2 weeks ago"),
        (61 * 86400, "2 months ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_age(seconds: int, text: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


def test_what_is_told_of_removed_images() -> None:
    said = f"Untagged: docker.io/library/app:1\nUntagged: localhost/x:2\nDeleted: {'a' * 64}\n"
    assert told_removed(said) == (
        f"Untagged: app:1\nUntagged: localhost/x:2\nDeleted: sha256:{'a' * 64}\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["tag", "a:1", "Bad"],
        ["tag", "Bad", "a:1"],
        ["rmi", "Bad"],
        ["image", "inspect", "Bad"],
        ["save", "-o", "x", "Bad"],
        ["history", "Bad"],
    ],
)
def test_names_that_are_none(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rootbuild_podman.runtime.PodmanRuntime.images", lambda self: IMAGES)
    assert main(words) == 1
    assert "must be lowercase" in capsys.readouterr().err

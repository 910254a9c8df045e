"""Stores that users have put somewhere else: what we look at is where the engine writes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.hosts import ENGINE

pytestmark = pytest.mark.engine

Calls = Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]
PLACED = '[storage]\ndriver = "overlay"\ngraphroot = "{0}/store"\nrunroot = "{0}/run"\n'
FOR_USERS = '[storage]\ndriver = "overlay"\nrootless_storage_path = "{0}/store"\n'


@pytest.mark.parametrize(
    ("named", "text", "asked"),
    [
        # Engines differ about this one, as some pass over the folder that such a file names.
        (True, PLACED, [f"{ENGINE} info"]),
        (True, FOR_USERS, []),
        (False, PLACED, []),
    ],
    ids=["named", "named, for users", "the user's"],
)
def test_a_build_finds_what_the_one_before_it_has_made(
    project: Project,
    new_home: Mapping[str, str],
    engine_calls: Calls,
    named: bool,
    text: str,
    asked: list[str],
) -> None:
    home = Path(new_home["HOME"])
    place = home / ".config/containers/storage.conf"
    env = {**new_home, "TMPDIR": str(home)}
    if named:
        place = home / "storage.conf"
        env["CONTAINERS_STORAGE_CONF"] = str(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text.format(home))
    project.write("file", "content")
    wrapped, calls = engine_calls()
    first = project.build("FROM scratch\nCOPY file /\n", "-q", env=env | wrapped).stdout
    before = len(calls())
    second = project.build(None, "-q", env=env | wrapped).stdout
    assert second == first
    started = (call.split() for call in calls()[before:])
    # podman asks its helper of networks for its version.
    assert [" ".join(words[:2]) for words in started if words[0] != "slirp4netns"] == asked
    kept = subprocess.run(
        ("buildah", "images", "--quiet", "--no-trunc", project.whole),
        env=project.rootbuild.environment(env),
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept.stdout == first

"""Ranges of ids, and the programs that map them."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from rootbuild.facts import account, ids
from rootbuild.facts.ids import IdRange, Ids, Mapper

UID = 4242
GOOD = (Mapper("newuidmap", "/x/newuidmap", True), Mapper("newgidmap", "/x/newgidmap", True))
WHOLE = (IdRange(100000, 65536),)


def ranges(root: Path, subuid: str, subgid: str) -> Ids:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/subuid").write_text(subuid)
    (root / "etc/subgid").write_text(subgid)
    return ids.look(UID, root, lambda name: None)


def test_ranges_are_found_by_number_and_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "name_of", lambda uid: "ann")
    text = "# all\nann:100000:65536\nbob:1:2:3\n4242:5:6\nann:x:1\nann:300000:10 # more\n"
    found = ranges(tmp_path, text, "bob:200000:65536\n")
    assert found.subuids == (IdRange(100000, 65536), IdRange(5, 6), IdRange(300000, 10))
    assert found.subgids == ()
    assert found.fewest == 0
    assert found.free == 300010


def test_no_files_at_all(tmp_path: Path) -> None:
    found = ids.look(UID, tmp_path, lambda name: None)
    assert (found.subuids, found.subgids, found.free) == ((), (), 100000)


def test_the_line_that_gives_a_range_takes_a_free_one(tmp_path: Path) -> None:
    found = Ids("ann", WHOLE, (IdRange(1, 5),), GOOD, free=231072)
    problem = ids.problem(found)
    assert problem is not None
    assert problem.id == "no-subids"
    assert "65536 ids in /etc/subgid" in problem.message
    assert problem.hint == "sudo usermod --add-subgids 231072-296607 ann && podman system migrate"


@pytest.mark.parametrize(
    ("found", "id"),
    [
        (Ids("ann", WHOLE, WHOLE, GOOD), None),
        (Ids("ann", (), (), GOOD, elsewhere=True), None),
        (Ids("ann", (), (), GOOD), "no-subids"),
        (Ids("ann", WHOLE, WHOLE, (Mapper("newuidmap", "", False), GOOD[1])), "uidmap-missing"),
        (Ids("ann", WHOLE, WHOLE, (Mapper("newuidmap", "/x", False), GOOD[1])), "uidmap-powerless"),
    ],
)
def test_problems(found: Ids, id: str | None) -> None:
    problem = ids.problem(found)
    assert (problem.id if problem else None) == id


def mapper(monkeypatch: pytest.MonkeyPatch, mode: int, attribute: bytes | None) -> Mapper:
    def attributes(path: str, name: str) -> bytes:
        if attribute is None:
            raise OSError
        return attribute

    monkeypatch.setattr(os, "stat", lambda path: os.stat_result((mode, 0, 0, 1, 0, 0, 0, 0, 0, 0)))
    monkeypatch.setattr(os, "getxattr", attributes)
    return ids._mapper("newuidmap", "/usr/bin/newuidmap")


@pytest.mark.parametrize(
    ("mode", "attribute", "powerful"),
    [
        (0o104755, None, True),
        (0o100755, None, False),
        (0o100755, struct.pack("<IIIII", 0x02000001, 1 << 7, 0, 0, 0), True),
        (0o100755, struct.pack("<IIIII", 0x02000001, 1 << 6, 0, 0, 0), False),
    ],
    ids=["setuid", "plain", "capability", "another capability"],
)
def test_rights_of_newuidmap(
    monkeypatch: pytest.MonkeyPatch, mode: int, attribute: bytes | None, powerful: bool
) -> None:
    assert mapper(monkeypatch, mode, attribute).powerful is powerful

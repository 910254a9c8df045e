"""`doctor --fix` changes what the findings name, and nothing that is there already."""

from __future__ import annotations

from pathlib import Path

from rootbuild.host.finding import EndPause, Finding, Fix, MakeFolder, SetMode, WriteFile
from rootbuild.host.mend import mend


def finding(fix: Fix | None) -> Finding:
    return Finding("x", "x", "weak", "x", "x", fix=fix)


def apply(*fixes: Fix | None) -> list[str]:
    return list(mend([finding(fix) for fix in fixes], lambda: "ended"))


def test_files_and_folders(tmp_path: Path) -> None:
    conf, folder, key = tmp_path / "a/b/storage.conf", tmp_path / "run/x", tmp_path / "auth.json"
    key.write_text("{}")
    key.chmod(0o644)
    changes = apply(
        WriteFile(conf, "text\n"), MakeFolder(folder), SetMode(key, 0o600), EndPause(), None
    )
    assert conf.read_text() == "text\n"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert key.stat().st_mode & 0o777 == 0o600
    assert changes == [
        f"wrote {conf}",
        f"made {folder}; in a shell: export XDG_RUNTIME_DIR={folder}",
        f"changed the mode of {key} to 600",
        "ended",
    ]


def test_what_is_there_stays(tmp_path: Path) -> None:
    conf = tmp_path / "storage.conf"
    conf.write_text("mine\n")
    assert apply(WriteFile(conf, "other\n"), MakeFolder(tmp_path)) == []
    assert conf.read_text() == "mine\n"


def test_what_cannot_be_mended_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (change,) = apply(WriteFile(tmp_path / "file/storage.conf", "x"))
    assert change.startswith("could not mend x: ")

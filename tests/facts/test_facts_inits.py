from __future__ import annotations

from pathlib import Path

from rootbuild.facts import inits


def test_where_it_is(tmp_path: Path) -> None:
    assert inits.look(tmp_path, lambda name: None) == ""
    assert inits.look(tmp_path, lambda name: f"/usr/bin/{name}") == "/usr/bin/catatonit"
    file = tmp_path / "usr/libexec/podman/catatonit"
    file.parent.mkdir(parents=True)
    file.touch(0o755)
    assert inits.look(tmp_path, lambda name: None) == str(file)

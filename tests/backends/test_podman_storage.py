"""The configuration of storage for podman inside of its own namespace."""

from pathlib import Path

import pytest

from rootbuild_podman import storage

FOLDERS = 'graphroot = "/root"\nrunroot = "/run"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"[storage]\n{FOLDERS}"),
        ('[storage]\ndriver = "vfs"\n', f'[storage]\n{FOLDERS}driver = "vfs"\n'),
        (
            '# mine\n[storage]\nrunroot="/x"\n graphroot = "/y"\n[storage.options]\nsize = "1"\n',
            f'# mine\n[storage]\n{FOLDERS}[storage.options]\nsize = "1"\n',
        ),
    ],
)
def test_both_folders_are_in_it(text: str, expected: str) -> None:
    assert storage.completed(text, "/root", "/run") == expected


def test_the_user_s_own_is_completed(tmp_path: Path) -> None:
    own = tmp_path / "containers/storage.conf"
    own.parent.mkdir()
    own.write_text('[storage]\ndriver = "overlay"\n')
    environment = {
        "CONTAINERS_GRAPHROOT": "/root",
        "CONTAINERS_RUNROOT": "/run",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    file = storage.complete(environment)
    assert file is not None
    assert file.read_text() == f'[storage]\n{FOLDERS}driver = "overlay"\n'
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_outside_it_is_as_podman_reads_it(tmp_path: Path) -> None:
    assert storage.complete({"XDG_RUNTIME_DIR": str(tmp_path)}) is None

from pathlib import Path

import pytest

from rootbuild.context.ignorefile import IgnoreFile, find_ignore_file
from rootbuild.errors import ContextError
from rootbuild.files.rootfs import Rootfs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "context"
    path.mkdir()
    (path / ".dockerignore").write_bytes(b"\xef\xbb\xbfroot\r\n")
    return path


def test_the_one_of_the_context(root: Path) -> None:
    with Rootfs(root) as context:
        for dockerfile in (None, root / "Dockerfile"):
            found = find_ignore_file(context, dockerfile)
            assert found == IgnoreFile(".dockerignore", b"\xef\xbb\xbfroot\r\n")


def test_the_one_beside_the_dockerfile_replaces_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "Special.dockerignore").write_bytes(b"")
    with Rootfs(root) as context:
        found = find_ignore_file(context, tmp_path / "Special")
    assert found == IgnoreFile("Special.dockerignore", b"")


def test_none(root: Path) -> None:
    (root / ".dockerignore").unlink()
    with Rootfs(root) as context:
        assert find_ignore_file(context, root / "Dockerfile") is None


def test_a_link_out_of_the_context_is_not_read(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (root / ".dockerignore").unlink()
    (root / ".dockerignore").symlink_to(tmp_path / "secret")
    with Rootfs(root) as context:
        assert find_ignore_file(context, None) is None


def test_what_cannot_be_read(root: Path) -> None:
    (root / "Dockerfile.dockerignore").mkdir()
    (root / ".dockerignore").unlink()
    (root / ".dockerignore").symlink_to(".dockerignore")
    with Rootfs(root) as context:
        with pytest.raises(ContextError, match=r"cannot read Dockerfile\.dockerignore"):
            find_ignore_file(context, root / "Dockerfile")
        with pytest.raises(ContextError, match=r"cannot read \.dockerignore"):
            find_ignore_file(context, None)

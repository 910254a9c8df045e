"""Where images are, by the user's and the host's configuration."""

from pathlib import Path
from typing import Any

import pytest

from rootbuild.storage import configuration


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home/.config/containers").mkdir(parents=True)
    return tmp_path / "home"


def read(
    home: Path, uid: int = 1000, system: str = "", user: str = "", **env: str
) -> configuration.Storage:
    if user:
        (home / ".config/containers/storage.conf").write_text(user)
    (home / "system.conf").write_text(system)
    environment = {"HOME": str(home), "USER": "me", **env}
    return configuration.read(environment, uid, (home / "missing", home / "system.conf"))


def test_nothing_said(home: Path) -> None:
    assert read(home) == configuration.Storage(home / ".local/share/containers/storage")
    assert read(home, uid=0).root == Path("/var/lib/containers/storage")
    assert read(home, XDG_DATA_HOME="/data").root == Path("/data/containers/storage")


def test_the_systems_file_is_for_root(home: Path) -> None:
    system = '[storage]\ndriver = "overlay"\ngraphroot = "/srv"\n'
    assert read(home, uid=0, system=system) == configuration.Storage(Path("/srv"), "overlay")
    rootless = read(home, system=system)
    assert rootless.root == home / ".local/share/containers/storage"
    assert rootless.driver == "overlay"


def test_a_rootless_path_for_all_users(home: Path) -> None:
    system = '[storage]\nrootless_storage_path = "/srv/$USER/${UID}/x"\n'
    assert read(home, system=system).root == Path("/srv/me/1000/x")


def test_the_users_own_file(home: Path) -> None:
    user = (
        '[storage]\ndriver = "vfs"\ngraphroot = "$HOME/mine"\n'
        '[storage.options]\nadditionalimagestores = ["/shared", "/more"]\n'
    )
    assert read(home, user=user) == configuration.Storage(
        home / "mine", "vfs", (Path("/shared"), Path("/more"))
    )


def test_environment_is_stronger(home: Path) -> None:
    (home / "named.conf").write_text('[storage]\ngraphroot = "/named"\n')
    found = read(
        home,
        user='[storage]\ndriver = "overlay"\ngraphroot = "/mine"\n',
        CONTAINERS_STORAGE_CONF=str(home / "named.conf"),
        STORAGE_DRIVER="vfs",
    )
    own = home / ".local/share/containers/storage"
    assert found == configuration.Storage(Path("/named"), "vfs", older=own)
    assert found.at(own) == configuration.Storage(own, "vfs")


def test_engines_differ_about_a_named_file(home: Path) -> None:
    """Older ones read it as the system's, whose graphroot is not for users."""
    named = home / "named.conf"
    variables: Any = {"CONTAINERS_STORAGE_CONF": str(named)}
    named.write_text('[storage]\ngraphroot = "/named"\nrootless_storage_path = "/srv/$USER"\n')
    assert read(home, **variables) == configuration.Storage(Path("/named"), older=Path("/srv/me"))
    assert read(home, uid=0, **variables) == configuration.Storage(Path("/named"))
    named.write_text('[storage]\nrootless_storage_path = "/srv/$USER"\n')
    assert read(home, **variables) == configuration.Storage(Path("/srv/me"))
    named.write_text('[storage]\ngraphroot = "$HOME/.local/share/containers/storage"\n')
    assert read(home, **variables).older is None


def test_a_broken_file_is_not_passed_over(home: Path) -> None:
    with pytest.raises(ValueError, match="line 1"):
        read(home, user="[storage\n")

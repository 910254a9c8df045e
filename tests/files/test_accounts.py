from pathlib import Path

import pytest

from rootbuild.errors import BuildError
from rootbuild.files.accounts import Account, resolve_owner, resolve_user
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
# a comment
broken line
daemon:x:1:1::/usr/sbin:/bin/false

app:x:1000:2000:App:/home/app:/bin/sh
nohome:x:1001:2000:::/bin/sh
77:x:500:600::/named:/bin/sh
toolarge:x:99999999999:1::/:
"""
GROUP = """\
root:x:0:root
adm:x:4:app,root
video:x:44:app
app:x:2000:
staff:x:50:other
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(PASSWD)
    (tmp_path / "etc" / "group").write_text(GROUP)
    return tmp_path


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ("", Account(0, 0, (0, 4), "/root")),
        ("root", Account(0, 0, (0, 4), "/root")),
        ("app", Account(1000, 2000, (4, 44), "/home/app")),
        ("1000", Account(1000, 2000, (4, 44), "/home/app")),
        ("app:video", Account(1000, 44, (), "/home/app")),
        ("app:", Account(1000, 2000, (4, 44), "/home/app")),
        ("app:77", Account(1000, 77, (), "/home/app")),
        ("4242", Account(4242, 0, (), "/")),
        ("4242:staff", Account(4242, 50, (), "/")),
        ("4242:4343", Account(4242, 4343, (), "/")),
        ("nohome", Account(1001, 2000, (), "/")),
        ("77", Account(500, 600, (), "/named")),
    ],
)
def test_user(image: Path, user: str, account: Account) -> None:
    with Rootfs(image) as rootfs:
        assert resolve_user(rootfs, user) == account


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("app", Owner(1000, 2000)),
        ("1000", Owner(1000, 1000)),
        ("app:video", Owner(1000, 44)),
        ("app:7", Owner(1000, 7)),
        ("7:app", Owner(7, 2000)),
        ("55:66", Owner(55, 66)),
        ("77", Owner(77, 77)),
        (":66", Owner(0, 66)),
        ("root", Owner(0, 0)),
    ],
)
def test_owner(image: Path, text: str, owner: Owner) -> None:
    with Rootfs(image) as rootfs:
        assert resolve_owner(rootfs, text) == owner


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nobody", "unable to find user nobody: no matching entries in passwd file"),
        ("toolarge", "unable to find user toolarge: no matching entries in passwd file"),
        ("app:nogroup", "unable to find group nogroup: no matching entries in group file"),
        ("99999999999", "99999999999: uids and gids must be in range 0-2147483647"),
        ("2147483648", "2147483648: uids and gids must be in range 0-2147483647"),
    ],
)
def test_unknown(image: Path, text: str, message: str) -> None:
    with Rootfs(image) as rootfs:
        for resolve in (resolve_user, resolve_owner):
            with pytest.raises(BuildError) as caught:
                resolve(rootfs, text)
            assert str(caught.value) == message


def test_an_image_without_account_files(tmp_path: Path) -> None:
    with Rootfs(tmp_path) as rootfs:
        assert resolve_user(rootfs, "") == Account(0, 0, (), "/")
        assert resolve_user(rootfs, "12") == Account(12, 0, (), "/")
        assert resolve_owner(rootfs, "12") == Owner(12, 12)
        with pytest.raises(BuildError, match="unable to find user app"):
            resolve_user(rootfs, "app")


def test_account_files_that_are_links_stay_in_the_image(image: Path, tmp_path: Path) -> None:
    outside = tmp_path.with_name(tmp_path.name + "-outside")
    outside.write_text("evil:x:666:666::/:\n")
    (image / "etc" / "passwd").unlink()
    (image / "etc" / "passwd").symlink_to(outside)
    with Rootfs(image) as rootfs, pytest.raises(BuildError, match="unable to find user evil"):
        resolve_user(rootfs, "evil")

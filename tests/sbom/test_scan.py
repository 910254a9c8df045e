"""Packages found in root filesystems that are made here, in the databases' own forms."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rootbuild.files.rootfs import Rootfs
from rootbuild.sbom.package import Distribution, Inventory, Package
from rootbuild.sbom.scan import scan

RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME='Debian GNU/Linux'
# a comment
VERSION_ID="12"
broken="
ID=debian
"""
STATUS = """\
Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+deb12u10
Description: GNU C Library: Shared libraries
 Contains the standard libraries: they are
 Version: not-this-one

Package: gone
Status: deinstall ok config-files
Version: 1

Package: held
Status: hold ok installed
Version: 2:3
Architecture: all
"""
DEBIAN = Distribution("debian", "12", "Debian GNU/Linux 12 (bookworm)")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def found(root: Path) -> Inventory:
    with Rootfs(root) as rootfs:
        return scan(rootfs)


def names(root: Path) -> list[tuple[str, str, str]]:
    return [(package.kind, package.name, package.version) for package in found(root).packages]


def test_an_empty_image_has_nothing(root: Path) -> None:
    assert found(root) == Inventory(Distribution(), ())


def test_packages_of_dpkg(root: Path) -> None:
    write(root, "etc/os-release", RELEASE)
    write(root, "var/lib/dpkg/status", STATUS)
    inventory = found(root)
    assert inventory.distribution == DEBIAN
    assert inventory.packages == (
        Package(
            kind="deb",
            name="held",
            version="2:3",
            namespace="debian",
            qualifiers=(("arch", "all"), ("distro", "debian-12")),
            database="/var/lib/dpkg/status",
        ),
        Package(
            kind="deb",
            name="libc6",
            version="2.36-9+deb12u10",
            namespace="debian",
            qualifiers=(
                ("arch", "amd64"),
                ("upstream", "glibc@2.36-9"),
                ("distro", "debian-12"),
            ),
            database="/var/lib/dpkg/status",
            supplier="GNU Libc Maintainers <debian-glibc@lists.debian.org>",
        ),
    )


def test_images_without_dpkg_have_a_file_for_each_package(root: Path) -> None:
    write(root, "var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a\n")
    write(root, "var/lib/dpkg/status.d/tzdata.md5sums", "Package: no\nVersion: 1\n")
    assert names(root) == [("deb", "tzdata", "2024a")]


def test_packages_of_apk(root: Path) -> None:
    write(root, "usr/lib/os-release", "ID=alpine\nVERSION_ID=3.20.1\n")
    database = "C:Q1abc\nP:busybox\nV:1.36.1-r29\nA:x86_64\no:busybox\nL:GPL-2.0-only\n\n"
    write(root, "lib/apk/db/installed", database + "P:ssl_client\nV:1.36.1-r29\no:busybox\np:x\n")
    first, second = found(root).packages
    assert (first.kind, first.name, first.version) == ("apk", "busybox", "1.36.1-r29")
    assert first.licence == "GPL-2.0-only"
    assert first.qualifiers == (("arch", "x86_64"), ("distro", "alpine-3.20.1"))
    assert second.qualifiers == (("upstream", "busybox"), ("distro", "alpine-3.20.1"))


@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="needs rpm")
def test_packages_of_rpm(root: Path, tmp_path: Path) -> None:
    """In a database that rpm itself has made."""
    spec = tmp_path / "hello.spec"
    spec.write_text(
        "Name: hello\nVersion: 1.2\nRelease: 3\nEpoch: 4\nSummary: Hello\nLicense: MIT\n"
        "Vendor: Example Ltd\nBuildArch: noarch\n%description\nHello\n%files\n"
    )
    define = f"--define=_topdir {tmp_path}/top"
    subprocess.run(["rpmbuild", "-bb", define, spec], check=True, capture_output=True)
    (package,) = (tmp_path / "top/RPMS").rglob("*.rpm")
    database = root / "var/lib/rpm"
    database.mkdir(parents=True)
    rpm = ["rpm", f"--dbpath={database}", "--define=_db_backend sqlite"]
    subprocess.run([*rpm, "--initdb"], check=True, capture_output=True)
    install = [*rpm, "--install", "--justdb", "--nodeps", str(package)]
    subprocess.run(install, check=True, capture_output=True)
    write(root, "etc/os-release", "ID=fedora\nVERSION_ID=40\n")
    assert found(root).packages == (
        Package(
            kind="rpm",
            name="hello",
            version="1.2-3",
            namespace="fedora",
            qualifiers=(
                ("arch", "noarch"),
                ("epoch", "4"),
                ("upstream", "hello-1.2-3.src.rpm"),
                ("distro", "fedora-40"),
            ),
            database="/var/lib/rpm/rpmdb.sqlite",
            licence="MIT",
            supplier="Example Ltd",
        ),
    )


def test_an_older_database_of_rpm_is_told_of(root: Path) -> None:
    write(root, "var/lib/rpm/Packages", "")
    (remark,) = found(root).remarks
    assert remark.startswith("/var/lib/rpm/Packages ")


def test_a_broken_database_is_told_of_and_the_rest_is_read(root: Path) -> None:
    write(root, "var/lib/rpm/rpmdb.sqlite", "not SQLite, " * 100)
    write(root, "var/lib/dpkg/status", STATUS)
    inventory = found(root)
    assert len(inventory.packages) == 2
    assert "is no database of rpm" in inventory.remarks[0]


def test_packages_of_python(root: Path) -> None:
    packages = "usr/lib/python3/dist-packages"
    write(
        root,
        f"{packages}/requests-2.31.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: requests\nVersion: 2.31.0\nLicense: Apache-2.0\n"
        "Author: Kenneth Reitz\n\nName: not-this\n",
    )
    write(root, f"{packages}/old.egg-info/PKG-INFO", "Name: old\nVersion: 1\nLicense: UNKNOWN\n")
    write(root, f"{packages}/broken.dist-info/METADATA", "nothing\n")
    (root / packages / "flat.egg-info").write_text("Name: flat\nVersion: 3\n")
    flat, old, requests = found(root).packages
    assert (flat.name, flat.database) == ("flat", f"/{packages}/flat.egg-info")
    assert (old.name, old.licence) == ("old", "")
    assert (requests.name, requests.version) == ("requests", "2.31.0")
    assert (requests.licence, requests.supplier) == ("Apache-2.0", "Kenneth Reitz")


def test_packages_of_npm(root: Path) -> None:
    modules = "app/node_modules"
    write(root, "app/package.json", json.dumps({"name": "app", "version": "0"}))
    plain = {"name": "left-pad", "version": "1.3.0", "license": "WTFPL", "author": {"name": "A"}}
    write(root, f"{modules}/left-pad/package.json", json.dumps(plain))
    write(root, f"{modules}/left-pad/lib/package.json", json.dumps({"type": "module"}))
    scoped = {"name": "@babel/core", "version": "7.0.0", "license": {"type": "MIT"}}
    write(root, f"{modules}/@babel/core/package.json", json.dumps(scoped))
    nested = {"name": "ms", "version": "2.0.0"}
    write(root, f"{modules}/@babel/core/node_modules/ms/package.json", json.dumps(nested))
    write(root, f"{modules}/.bin/package.json", json.dumps(nested | {"name": "no"}))
    write(root, f"{modules}/broken/package.json", "[1")
    assert [
        (package.namespace, package.name, package.licence, package.supplier)
        for package in found(root).packages
    ] == [("@babel", "core", "MIT", ""), ("", "left-pad", "WTFPL", "A"), ("", "ms", "", "")]


def test_links_lead_nowhere_outside(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "status", STATUS)
    write(outside, "x.dist-info/METADATA", "Name: x\nVersion: 1\n")
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").symlink_to(outside / "status")
    (root / "lib").symlink_to(outside)
    (root / "y.dist-info").mkdir()
    (root / "y.dist-info/METADATA").symlink_to(outside / "x.dist-info/METADATA")
    assert found(root).packages == ()


def test_what_is_no_file_is_not_waited_for(root: Path) -> None:
    (root / "var/lib/dpkg").mkdir(parents=True)
    os.mkfifo(root / "var/lib/dpkg/status")
    (root / "z.dist-info").mkdir()
    os.mkfifo(root / "z.dist-info/METADATA")
    assert found(root).packages == ()


def test_what_is_too_large_is_told_of(root: Path) -> None:
    (root / "z.dist-info").mkdir()
    with open(root / "z.dist-info/METADATA", "wb") as file:
        file.truncate(1 << 30)
    assert "is larger than" in found(root).remarks[0]

"""SPDX documents, held to the validator of the people who made the format."""

from pathlib import Path

import pytest
from spdx_tools.spdx.model.document import Document
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from rootbuild.sbom import spdx
from rootbuild.sbom.package import Distribution, Inventory, Package

CREATED = "2026-01-31T12:00:00Z"
LIBC = Package(
    "deb",
    "libc6",
    "2.36-9+deb12u10",
    "debian",
    (("arch", "amd64"), ("distro", "debian-12")),
    "/var/lib/dpkg/status",
    "LGPL-2.1-or-later AND MIT",
    "GNU Libc <glibc@example.org>",
)
CORE = Package("npm", "core", "7.0.0", "@babel", (), "/a/package.json", "MIT/X11", "Babel\nteam")
INVENTORY = Inventory(Distribution("debian", "12", "Debian 12"), (LIBC, CORE), ("one remark",))


def made(inventory: Inventory = INVENTORY, created: str = CREATED) -> spdx.Json:
    return spdx.document(inventory, "app:1", created, "rootbuild-1.0")


def parsed(inventory: Inventory, folder: Path) -> Document:
    file = folder / "sbom.spdx.json"
    file.write_bytes(spdx.render(made(inventory)))
    document = parse_file(str(file))
    assert isinstance(document, Document)
    return document


def test_a_document_is_valid(tmp_path: Path) -> None:
    document = parsed(INVENTORY, tmp_path)
    assert validate_full_spdx_document(document) == []
    root, libc, core = document.packages
    assert (root.name, libc.name, core.name) == ("app:1", "libc6", "@babel/core")
    assert str(libc.license_declared) == "LGPL-2.1-or-later AND MIT"
    assert [
        reference.locator for reference in (*libc.external_references, *core.external_references)
    ] == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12",
        "pkg:npm/%40babel/core@7.0.0",
    ]
    assert document.creation_info.document_comment == "one remark"
    assert {str(core.license_declared)} == {
        info.license_id for info in document.extracted_licensing_info
    }


@pytest.mark.parametrize(
    "licence", ["x" * 5000, "GPLv2+", "MIT OR (", "see LICENSE", "a/b", "\0", ")"]
)
def test_what_is_no_licence_expression_is_quoted(licence: str, tmp_path: Path) -> None:
    package = Package("pypi", "x", "1", database="/x", licence=licence)
    document = parsed(Inventory(Distribution(), (package,)), tmp_path)
    assert validate_full_spdx_document(document) == []
    (info,) = document.extracted_licensing_info
    assert info.extracted_text == licence


def test_hostile_names_do_no_harm(tmp_path: Path) -> None:
    package = Package("deb", "a b/../c\u202e", "1 2?x#y", "de bian", (("arch", "&=%"),), "/\ud800")
    document = parsed(Inventory(Distribution(), (package,)), tmp_path)
    assert validate_full_spdx_document(document) == []


def test_one_package_at_two_places_is_two() -> None:
    twice = (Package("npm", "ms", "1", database="/a"), Package("npm", "ms", "1", database="/b"))
    packages = made(Inventory(Distribution(), twice))["packages"]
    assert isinstance(packages, list)
    assert len({package["SPDXID"] for package in packages}) == 3


def test_the_same_inventory_gives_the_same_document() -> None:
    assert spdx.render(made()) == spdx.render(made())


def test_another_inventory_has_another_namespace() -> None:
    other = Inventory(Distribution(), (LIBC,))
    assert made()["documentNamespace"] != made(other)["documentNamespace"]
    assert made()["documentNamespace"] != made(created="2026-01-31T12:00:01Z")["documentNamespace"]

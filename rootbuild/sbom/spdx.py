"""An inventory as an SPDX 2.3 document: https://spdx.github.io/spdx-spec/v2.3/.

The same inventory, name and date give the same document, byte by byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from email.utils import parseaddr

from boolean.boolean import ParseError
from license_expression import ExpressionError, get_spdx_licensing
from packageurl import PackageURL

from rootbuild.sbom.package import Inventory, Package

Json = dict[str, object]

PREDICATE = "https://spdx.dev/Document"
"""The type of an attestation that holds such a document."""

_DOCUMENT, _ROOT = "SPDXRef-DOCUMENT", "SPDXRef-DocumentRoot"
_UNKNOWN = "NOASSERTION"
_NO_ID = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST_LICENCE = 1000  # whole texts of licences are no expressions

_DATABASES = {
    "deb": "DPKG DB",
    "apk": "APK DB",
    "rpm": "RPM DB",
    "pypi": "installed python package manifest file",
    "npm": "installed node module manifest file",
}


def document(inventory: Inventory, name: str, created: str, tool: str) -> Json:
    """The document. `created` is a date as `2026-01-31T12:00:00Z`, `tool` is `rootbuild-1.0`."""
    licences = _Licences()
    packages = [_package(package, licences) for package in inventory.packages]
    system = inventory.distribution.name
    root: Json = {
        "name": name,
        "SPDXID": _ROOT,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER",
        **({"description": system} if system else {}),
    }
    contained = [_relationship(_ROOT, "CONTAINS", str(package["SPDXID"])) for package in packages]
    content: Json = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": name,
        "creationInfo": {"creators": [f"Tool: {tool}"], "created": created},
        "packages": [root, *packages],
        "relationships": [_relationship(_DOCUMENT, "DESCRIBES", _ROOT), *contained],
    }
    if licences.others:
        content["hasExtractedLicensingInfos"] = licences.others
    if inventory.remarks:
        content["comment"] = "\n".join(inventory.remarks)
    # Whoever has another document has another namespace.
    digest = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return {**content, "documentNamespace": f"urn:uuid:{digest}"}


def render(content: Json) -> bytes:
    """A document as it is written."""
    return json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def package_url(package: Package) -> str:
    """https://github.com/package-url/purl-spec."""
    return PackageURL(
        type=package.kind,
        namespace=package.namespace or None,
        name=package.name,
        version=package.version,
        qualifiers=dict(package.qualifiers) or None,
    ).to_string()


def _package(package: Package, licences: _Licences) -> Json:
    url = package_url(package)
    # Found at two places, it is two packages.
    digest = hashlib.sha256(f"{url}\0{package.database}".encode("utf-8", "replace")).hexdigest()
    readable = _NO_ID.sub("-", f"{package.kind}-{package.name}")
    return {
        "name": _name(package),
        "SPDXID": f"SPDXRef-Package-{readable}-{digest[:16]}",
        "versionInfo": package.version,
        "supplier": _supplier(package.supplier),
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "sourceInfo": f"acquired package info from {_DATABASES[package.kind]}: {package.database}",
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": licences.expression(package.licence),
        "copyrightText": _UNKNOWN,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": url,
            }
        ],
    }


def _name(package: Package) -> str:
    """As its users call it: npm's scope belongs to the name, a distribution does not."""
    scoped = package.kind == "npm" and package.namespace
    return f"{package.namespace}/{package.name}" if scoped else package.name


def _supplier(text: str) -> str:
    """`Name <address>` is a person, as far as anybody can tell; a name alone an organization."""
    name, address = parseaddr(text)
    name = " ".join(name.split())
    if name and "@" in address:
        return f"Person: {name} ({address})"
    whole = " ".join(text.split())
    return f"Organization: {whole}" if whole else _UNKNOWN


def _relationship(element: str, kind: str, other: str) -> Json:
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": other}


class _Licences:
    """What packages say of their licence, as expressions; what is none is quoted (`others`)."""

    def __init__(self) -> None:
        self._spdx = get_spdx_licensing()
        self._known: dict[str, str] = {"": _UNKNOWN}
        self.others: list[Json] = []

    def expression(self, text: str) -> str:
        """A valid SPDX expression for what a package says."""
        if text not in self._known:
            self._known[text] = self._valid(text) or self._quoted(text)
        return self._known[text]

    def _valid(self, text: str) -> str | None:
        if len(text) > _LONGEST_LICENCE:
            return None
        try:
            return str(self._spdx.parse(text, validate=True))
        except (ExpressionError, ParseError):
            return None

    def _quoted(self, text: str) -> str:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        name = f"LicenseRef-{digest[:16]}"
        self.others.append({"licenseId": name, "extractedText": text, "name": text[:80]})
        return name

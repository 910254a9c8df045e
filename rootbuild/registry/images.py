"""An image in a registry: what it is, found out without its layers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rootbuild.errors import RegistryError
from rootbuild.image.platform import Platform, parse_platform
from rootbuild.image.reference import Reference
from rootbuild.records import dataclass
from rootbuild.registry import failures
from rootbuild.registry.client import Registries, Repository

_DEPTH_LIMIT = 4
_LARGEST_CONFIG = 8 << 20


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """An image: its id in a store (hex), its config, and the digest of its manifest."""

    id: str
    config: bytes
    manifest: str


def find_remote(
    registries: Registries, reference: Reference, platform: Platform
) -> RemoteImage | None:
    """The image that a reference means for a platform, if there is one. Raises RegistryError."""
    found = registries.manifest(reference)
    if found is None:
        return None
    repository, manifest = found
    try:
        for _ in range(_DEPTH_LIMIT):
            content = json.loads(manifest.body)
            if "manifests" not in content:
                return _image(repository, content, manifest.digest)
            inner = repository.manifest(str(chosen(content, platform)["digest"]))
            if inner is None:
                return None
            manifest = inner
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise failures.nonsense(repository.name, f"its manifest makes no sense: {error}") from error
    raise failures.nonsense(repository.name, "indexes are nested too deeply")


def chosen(index: Mapping[str, Any], platform: Platform) -> Mapping[str, Any]:
    """The entry of an index for a platform. LookupError if there is none."""
    for entry in index["manifests"]:
        told = entry.get("platform")
        if isinstance(told, dict) and _platform(told) == platform:
            found: Mapping[str, Any] = entry
            return found
    raise LookupError(f"no match for platform {platform} in its index")


def _platform(told: Mapping[str, object]) -> Platform | None:
    parts = (told.get("os"), told.get("architecture"), told.get("variant"))
    try:
        return parse_platform("/".join(str(part) for part in parts if part))
    except ValueError:
        return None


def _image(repository: Repository, manifest: Mapping[str, Any], digest: str) -> RemoteImage:
    config = manifest["config"]
    size = int(config["size"])
    if size > _LARGEST_CONFIG:
        raise RegistryError(
            f"the config of an image of {repository.name} is too big", id="registry-failed"
        )
    data = b"".join(repository.read_blob(str(config["digest"]), size))
    return RemoteImage(str(config["digest"]).removeprefix("sha256:"), data, digest)

"""How attestations name what they are about."""

from __future__ import annotations

from packageurl import PackageURL

from rootbuild.image.reference import parse
from rootbuild.records import replace


def image_url(name: str, digest: str, platform: str) -> str:
    """An image as BuildKit's attestations name it: a package URL of the kind `docker`."""
    reference = parse(name)
    namespace, _, last = replace(reference, tag="", digest="").familiar.rpartition("/")
    exact = {"digest": reference.digest} if reference.digest else {}
    return PackageURL(
        type="docker",
        namespace=namespace or None,
        name=last,
        version=reference.tag or digest,
        qualifiers={**exact, "platform": platform},
    ).to_string()

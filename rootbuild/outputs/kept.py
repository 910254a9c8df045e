"""What an image of the store brings along beside its config: how its manifest is, annotations."""

from __future__ import annotations

import json

from rootbuild.outputs.request import Annotation, Form

_OCI = "application/vnd.oci."


def kept_form(manifest: bytes | None) -> Form:
    """The form in which an image goes out again as it is in the store, by its manifest there."""
    try:
        content = json.loads(manifest or b"{}")
        annotations = dict(content.get("annotations") or {})
        oci = str(content["config"]["mediaType"]).startswith(_OCI)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Form(oci=False)
    found = (Annotation("manifest", str(key), str(value)) for key, value in annotations.items())
    return Form(oci=oci, annotations=tuple(found))

"""The buildah backend: buildah and the OCI runtime that it would use."""

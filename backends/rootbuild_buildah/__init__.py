"""The buildah backend: buildah for the image store, an OCI runtime for the steps."""

from rootbuild_buildah.backend import BuildahBackend

__all__ = ["BuildahBackend"]

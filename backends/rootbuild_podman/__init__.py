"""podman: everything that runs containers, and a backend for hosts without buildah."""

from rootbuild_podman.runtime import PodmanRuntime

__all__ = ["PodmanRuntime"]

"""The podman backend: everything that runs containers."""

from rootbuild_podman.runtime import PodmanRuntime

__all__ = ["PodmanRuntime"]

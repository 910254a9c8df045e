"""The podman backend: everything that runs containers."""

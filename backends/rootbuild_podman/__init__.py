"""podman: everything that runs containers, and a backend for hosts without buildah."""

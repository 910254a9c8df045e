"""podman's command lines for building."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import PullPolicy
from rootbuild.registry.transport import tls_options
from rootbuild_podman import storage

PODMAN = "podman"
HARMLESS = "true"  # what a working container would run, if anybody started it

Argv = tuple[str, ...]


def unshare(argv: Sequence[str]) -> Argv:
    """Run `argv` as root of a user namespace that may mount working containers.

    podman's own mount namespace is for all that it does for this user; ours is for one build.
    """
    return (PODMAN, "unshare", "unshare", "--mount", "--propagation", "slave", "--", *argv)


def working_container(name: str, image: str | None) -> Argv:
    """Make a container of that name; it is never started.

    Volumes of the image would be made with it, and would outlive it.
    """
    base = image or ""
    return (
        *(PODMAN, "create", "--quiet", "--name", name, "--network", "none", "--pull", "never"),
        *("--image-volume", "ignore", "--cgroups", "disabled", base, HARMLESS),
    )


def remove_containers(*names: str) -> Argv:
    """Remove containers, mounted or not."""
    return (PODMAN, "rm", "--force", "--time", "0", *names)


def mount(name: str) -> Argv:
    """Mount a container; prints the path."""
    return (PODMAN, "mount", name)


def unmount(name: str) -> Argv:
    """Undo `mount`."""
    return (PODMAN, "unmount", name)


def commit(name: str) -> Argv:
    """Keep a container's changes as an image without a name; prints its id.

    Inside of its own namespace, podman up to 4.3 takes a configuration of storage that does not say
    where files of running containers are for one that has none.
    """
    command = (PODMAN, "commit", "--quiet", "--format", "docker", "--pause=false", name)
    whole = storage.complete()
    return command if whole is None else ("env", f"CONTAINERS_STORAGE_CONF={whole}", *command)


def load_folder(folder: Path) -> Argv:
    """Make an image out of a folder in the layout of the `dir:` transport; prints its id."""
    policy = folder / "policy.json"
    return (PODMAN, "pull", "--quiet", "--signature-policy", str(policy), f"dir:{folder}")


def pull(reference: str, policy: PullPolicy, platform: str | None) -> Argv:
    """Bring an image from its registry; prints its id.

    Not every podman knows policies: what is in the store has been looked for before.
    """
    if policy == "never":
        return (PODMAN, "image", "inspect", "--format", "{{.Id}}", reference)
    chosen = ("--platform", platform) if platform else ()
    open_ones = tls_options(reference.partition("/")[0])
    return (PODMAN, "pull", "--quiet", *open_ones, *chosen, reference)


def create_index(name: str) -> Argv:
    """Make an empty index of that name; prints its id."""
    return (PODMAN, "manifest", "create", name)


def add_to_index(name: str, image: str) -> Argv:
    """Add an image of the store to an index; its config says for which platform."""
    return (PODMAN, "manifest", "add", name, f"containers-storage:{image}")


def remove_index(name: str) -> Argv:
    """Remove an index, or one of its names."""
    return (PODMAN, "manifest", "rm", name)


def tag(image: str, *names: str) -> Argv:
    """Give an image more names."""
    return (PODMAN, "tag", image, *names)


def remove_image(image: str) -> Argv:
    """Remove an image that nothing uses."""
    return (PODMAN, "rmi", image)


def images() -> Argv:
    """All images, nameless ones too, as JSON."""
    return (PODMAN, "images", "--all", "--no-trunc", "--format", "json")


def info() -> Argv:
    """What podman knows about itself and its store, as JSON."""
    return (PODMAN, "info", "--format", "json")


def save(image: str, file: Path) -> Argv:
    """Write an image into an archive of docker's kind."""
    return (PODMAN, "save", "--quiet", "--format", "docker-archive", "--output", str(file), image)

"""Every buildah command line that this backend uses, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import PullPolicy
from rootbuild.execution import Exec, Memory, Mount
from rootbuild.registry.transport import tls_options

BUILDAH = "buildah"
SCRATCH = "scratch"

Argv = tuple[str, ...]


def unshare(argv: Sequence[str]) -> Argv:
    """Run `argv` as root of a user namespace that may mount working containers."""
    return (BUILDAH, "unshare", "--", *argv)


def working_container(name: str, image: str | None) -> Argv:
    """Make a working container of that name; prints the name that it really got."""
    return (BUILDAH, "from", "--quiet", "--name", name, image or SCRATCH)


def remove_containers(*names: str) -> Argv:
    """Remove working containers, mounted or not."""
    return (BUILDAH, "rm", *names)


def mount(name: str) -> Argv:
    """Mount a working container; prints the path."""
    return (BUILDAH, "mount", name)


def unmount(name: str) -> Argv:
    """Undo `mount`."""
    return (BUILDAH, "umount", name)


def commit(name: str) -> Argv:
    """Keep a container's changes as an image without a name; prints its id.

    History is ours to write; buildah's own would have to fit that of the image below, and refuses
    to be added to one that does not name all layers.
    """
    return (
        BUILDAH,
        "commit",
        "--quiet",
        "--format",
        "docker",
        "--disable-compression",
        "--omit-history",
        name,
    )


def load_folder(folder: Path) -> Argv:
    """Make an image out of a folder in the layout of the `dir:` transport; prints its id.

    The folder is our own, so no signature is asked for, whatever the host's policy for registries.
    """
    policy = folder / "policy.json"
    return (BUILDAH, "pull", "--quiet", "--signature-policy", str(policy), f"dir:{folder}")


def pull(reference: str, policy: PullPolicy, platform: str | None) -> Argv:
    """Bring an image from its registry; prints its id."""
    chosen = ("--platform", platform) if platform else ()
    open_ones = tls_options(reference.partition("/")[0])
    return (BUILDAH, "pull", "--quiet", "--policy", policy, *open_ones, *chosen, reference)


def create_index(name: str) -> Argv:
    """Make an empty index of that name; prints its id."""
    return (BUILDAH, "manifest", "create", name)


def add_to_index(name: str, image: str) -> Argv:
    """Add an image of the store to an index; its config says for which platform."""
    return (BUILDAH, "manifest", "add", name, image)


def remove_index(name: str) -> Argv:
    """Remove an index, or one of its names. (`rmi` would mean the image for this host in it.)"""
    return (BUILDAH, "manifest", "rm", name)


def tag(image: str, *names: str) -> Argv:
    """Give an image more names."""
    return (BUILDAH, "tag", image, *names)


def remove_image(image: str) -> Argv:
    """Remove an image that nothing uses."""
    return (BUILDAH, "rmi", image)


def images() -> Argv:
    """All images, nameless ones too, as JSON."""
    return (BUILDAH, "images", "--json", "--no-trunc", "--all")


def info() -> Argv:
    """What buildah knows about itself and its store, as JSON."""
    return (BUILDAH, "info")


def inspect(image: str) -> Argv:
    """What buildah knows about an image, as JSON."""
    return (BUILDAH, "inspect", "--type", "image", image)


def forget_config(name: str) -> Argv:
    """Drop the environment that a container has from its image, so that a step sees only ours."""
    return (BUILDAH, "config", "--env", "-", "--entrypoint", "[]", "--cmd", "", name)


def run(
    name: str,
    command: Exec,
    how: Sequence[str],
    joined: Sequence[str],
    binds: Sequence[str],
    capabilities: Sequence[str],
) -> Argv:
    """Run a process in a working container by buildah's own means.

    It stays in the network namespace where buildah itself runs; `joined` are options of nsenter for
    namespaces to run it in. `how` are options that choose an isolation or a runtime, `binds` are
    `SOURCE:TARGET:ro`. There is no way to hand over secret variables, as they would be part of the
    command line.
    """
    return (
        *(("nsenter", *joined) if joined else ()),
        *(BUILDAH, "run", "--network", "host"),
        *how,
        *(("--terminal",) if command.terminal else ()),
        *("--cap-add", ",".join(capabilities)),
        *("--user", f"{command.uid}:{command.gid}"),
        *("--workingdir", command.cwd),
        *("--hostname", command.hostname),
        *(part for bind in binds for part in ("--volume", bind)),
        *(part for mount in command.mounts for part in _mounted(mount)),
        *(
            part
            for device in command.devices
            for part in ("--volume", f"{device.source}:{device.target}:rw")
        ),
        *(part for key, value in command.env for part in ("--env", f"{key}={value}")),
        "--",
        name,
        *command.argv,
    )


def _mounted(mount: Mount) -> Argv:
    if isinstance(mount, Memory):
        size = f",tmpfs-size={mount.size}" if mount.size else ""
        access = ",ro" if mount.read_only else ""
        return ("--mount", f"type=tmpfs,destination={mount.target}{access}{size}")
    return ("--volume", f"{mount.source}:{mount.target}:{'ro' if mount.read_only else 'rw'}")

"""The builders, each on a store of its own that holds the base images and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from scripts.bench.scenarios import BASE, MAVEN_IMAGES, TREE, mixed_tree

DOCKER = "/usr/bin/docker"  # Debian's; a newer client elsewhere would want a plugin
DOCKERD = "/usr/sbin/dockerd"
BASES = (BASE, TREE, *MAVEN_IMAGES)


class Tool(Protocol):
    """A builder."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """The whole environment of its commands."""
        ...

    def build(self, context: Path, *options: str) -> Sequence[str]:
        """The command line that builds a context."""
        ...

    def load(self, archive: Path) -> None:
        """Put an image into its store, out of a docker archive."""
        ...

    def forget(self) -> None:
        """Remove all that was built and cached, but not the base images."""
        ...

    def remove(self) -> None:
        """Take everything away."""
        ...


class StoreTool:
    """A builder that works on the stores of containers/storage."""

    def __init__(self, name: str, folder: Path, program: Sequence[str]) -> None:
        self.name = name
        self._folder = folder / name
        self._program = tuple(program)
        self._folder.mkdir(parents=True)
        # Not by CONTAINERS_STORAGE_CONF, of which older engines pass over the folders.
        storage = self._folder / "config/containers/storage.conf"
        storage.parent.mkdir(parents=True)
        storage.write_text(
            "[storage]\n"
            'driver = "overlay"\n'
            f'graphroot = "{self._folder}/store"\n'
            f'runroot = "{self._folder}/run"\n'
        )
        self.env: Mapping[str, str] = {
            **os.environ,
            "XDG_CONFIG_HOME": str(self._folder / "config"),
            "XDG_CACHE_HOME": str(self._folder / "cache"),
            "XDG_STATE_HOME": str(self._folder / "state"),
        }

    def build(self, context: Path, *options: str) -> Sequence[str]:
        """See the protocol."""
        return (*self._program, "-t", f"bench-{self.name}", *options, str(context))

    def load(self, archive: Path) -> None:
        """See the protocol."""
        self._buildah("pull", "--quiet", f"docker-archive:{archive}")

    def forget(self) -> None:
        """See the protocol. What was found out about the host is no cache of builds, and stays."""
        for one in (self._folder / "cache/rootbuild").glob("*"):
            if one.is_dir() and one.name != "hosts":
                shutil.rmtree(one)
            elif one.is_file():
                one.unlink()
        images = json.loads(self._buildah("images", "--all", "--no-trunc", "--json") or "[]")
        kept = {f"{name}:latest" for name in BASES}
        made = [image["id"] for image in images if not kept & set(image.get("names") or ())]
        if made:
            self._buildah("rmi", "--force", *made)

    def remove(self) -> None:
        """See the protocol."""
        self._buildah("unshare", "rm", "-rf", str(self._folder))

    def _buildah(self, *arguments: str) -> str:
        return _checked(("buildah", *arguments), self.env)


class BuildKit:
    """BuildKit in a dockerd that runs already, by Debian's client."""

    name = "BuildKit"

    def __init__(self, host: str, folder: Path) -> None:
        self._base = (DOCKER, "--host", host)
        config = folder / self.name
        config.mkdir(parents=True)
        self.env: Mapping[str, str] = {
            **os.environ,
            "DOCKER_BUILDKIT": "1",
            "DOCKER_CONFIG": str(config),
        }

    def build(self, context: Path, *options: str) -> Sequence[str]:
        """See the protocol. This dockerd has no bridge, so that steps have no network."""
        name = "bench-buildkit"
        return (*self._base, "build", "--network=none", "-t", name, *options, str(context))

    def load(self, archive: Path) -> None:
        """See the protocol."""
        self._docker("load", "--quiet", "--input", str(archive))

    def forget(self) -> None:
        """See the protocol."""
        subprocess.run(
            (*self._base, "rmi", "--force", "bench-buildkit"),
            env=self.env,
            capture_output=True,
            check=False,
        )
        self._docker("builder", "prune", "--all", "--force")

    def remove(self) -> None:
        """See the protocol: the daemon's folder goes with the daemon."""

    def _docker(self, *arguments: str) -> None:
        _checked((*self._base, *arguments), self.env)


def tools(folder: Path, wanted: Sequence[str]) -> list[Tool]:
    """The builders that are wanted (all, if none is named) and that can be had here."""
    docker = os.environ.get("ROOTBUILD_BENCH_DOCKER")
    makers: dict[str, Callable[[], Tool]] = {
        "rootbuild": lambda: StoreTool(
            "rootbuild", folder, (sys.executable, "-m", "rootbuild", "image", "build")
        ),
        "buildah": lambda: StoreTool(
            "buildah", folder, ("buildah", "build", "--layers", "--pull-never")
        ),
        "podman": lambda: StoreTool(
            "podman", folder, ("podman", "build", "--layers", "--pull=never")
        ),
    }
    found: list[Tool] = [make() for name, make in makers.items() if not wanted or name in wanted]
    if docker and (not wanted or BuildKit.name in wanted):
        found.append(BuildKit(docker, folder))
    return found


def save_bases(images: Sequence[str], folder: Path) -> list[Path]:
    """The base images as archives that every builder can load."""
    archives = []
    for image in images:
        if image == TREE:
            _make_tree_image(folder)
        archive = folder / (image.replace("/", "_") + ".tar")
        _checked(("buildah", "push", "--quiet", image, f"docker-archive:{archive}:{image}:latest"))
        archives.append(archive)
    return archives


def _make_tree_image(folder: Path) -> None:
    tree = folder / "tree"
    tree.mkdir()
    mixed_tree(tree)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY tree /\n")
    _checked(("buildah", "build", "--quiet", "-t", TREE, str(folder)))
    shutil.rmtree(tree)


def _checked(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout

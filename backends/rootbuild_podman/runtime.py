"""podman as the engine that runs containers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rootbuild import process
from rootbuild_podman import host

if TYPE_CHECKING:  # most commands are advised nothing, and ask nothing
    from rootbuild.backend import (
        EngineInfo,
        Event,
        Problem,
        StoredContainer,
        StoredImage,
        StoredNetwork,
        StoredVolume,
    )
    from rootbuild.choices import Choices


class PodmanRuntime:
    """Runs containers with podman, whose command line is Docker's.

    What reads answers is imported when something is asked: most commands are only passed on.
    """

    name = "podman"
    default_network = "podman"

    def __init__(self) -> None:
        self._choices: Choices | None = None

    def check(self) -> Problem | None:
        """See `Runtime.check`."""
        if process.find("podman") is not None:
            return None
        from rootbuild.backend import Problem

        return Problem(
            "podman, which runs the containers, is not installed",
            "on Debian and Ubuntu: sudo apt-get install podman netavark aardvark-dns uidmap",
            id="program-missing",
        )

    def advise(self, choices: Choices) -> None:
        """See `Runtime.advise`."""
        self._choices = choices

    def command(self, arguments: Sequence[str]) -> tuple[str, ...]:
        """See `Runtime.command`."""
        wanted = self._choices.wanted("runtime") if self._choices else ""
        return ("podman", *host.options(wanted), *arguments)

    def environment(self) -> Mapping[str, str]:
        """See `Runtime.environment`."""
        return host.environment()

    def prepare(self) -> None:
        """See `Runtime.prepare`."""
        if os.geteuid() != 0 and not host.remote():
            from rootbuild_podman import nameserver

            nameserver.sweep(host.runtime_dir())

    def images(self) -> Sequence[StoredImage]:
        """See `Runtime.images`. podman takes 20 s for 500 images, so its files are read first."""
        from pathlib import Path

        from rootbuild.storage.index import Index, UnknownLayoutError

        try:
            if host.remote():
                raise UnknownLayoutError
            return Index(ask=lambda: Path(self.info().root)).images(sizes=True)
        except UnknownLayoutError:
            from rootbuild_podman import listing

            return listing.images(self._ask("images", "--all", "--no-trunc", "--format=json"))

    def info(self) -> EngineInfo:
        """See `Runtime.info`."""
        from rootbuild_podman import listing

        return listing.info(self._ask("info", "--format=json"))

    def event(self, line: bytes) -> Event:
        """See `Runtime.event`."""
        from rootbuild_podman import listing

        return listing.event(line)

    def containers(self, *, sizes: bool = False) -> Sequence[StoredContainer]:
        """See `Runtime.containers`."""
        from rootbuild_podman import listing

        more = ["--size"] if sizes else []
        return listing.containers(self._ask("ps", "--all", "--no-trunc", "--format=json", *more))

    def networks(self) -> Sequence[tuple[str, str]]:
        """See `Runtime.networks`."""
        from rootbuild_podman import listing

        return listing.networks(self._ask("network", "ls", "--format=json"))

    def described_networks(self, names: Sequence[str]) -> Sequence[StoredNetwork]:
        """See `Runtime.described_networks`."""
        from rootbuild_podman import listing

        if not names:
            return ()
        return listing.described_networks(self._ask("network", "inspect", *names))

    def volumes(self, *, unused: bool = False) -> Sequence[StoredVolume]:
        """See `Runtime.volumes`."""
        from rootbuild_podman import listing

        only = ["--filter=dangling=true"] if unused else []
        return listing.volumes(self._ask("volume", "ls", "--format=json", *only))

    def _ask(self, *arguments: str) -> bytes:
        answer = process.look(self.command(arguments), self.environment())
        if answer.status != 0:
            raise process.failure(answer)
        return answer.stdout

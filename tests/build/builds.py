"""Helpers for tests that build real images."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.program import Result, Rootbuild, lines


@dataclass(frozen=True, slots=True)
class Project:
    """A build context on disk, and builds of it under one tag."""

    rootbuild: Rootbuild
    folder: Path
    tag: str

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        """Write a file of the context."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    def build(
        self, dockerfile: str | None = None, *options: str, check: bool = True, **more: Any
    ) -> Result:
        """Build the context, after writing a Dockerfile into it."""
        if dockerfile is not None:
            self.write("Dockerfile", dockerfile)
        return self.rootbuild(
            *("image", "build", "-t", self.tag, *options, str(self.folder)), check=check, **more
        )

    def run(self, *command: str) -> str:
        """What a command prints in a container of the image."""
        result = self.rootbuild("container", "run", "--rm", "--network", "none", self.tag, *command)
        return result.stdout

    def inspect(self) -> dict[str, Any]:
        """The image as the engine describes it."""
        found: dict[str, Any] = json.loads("".join(lines("podman", "inspect", self.whole)))[0]
        return found

    def id(self) -> str:
        """The image's id."""
        return str(self.inspect()["Id"])

    @property
    def whole(self) -> str:
        """The image's name in the store."""
        return f"docker.io/library/{self.tag}:latest"

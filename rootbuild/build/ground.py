"""What a build stands on: what was asked for, and the parts that do it."""

from __future__ import annotations

from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.contexts import Contexts
from rootbuild.build.options import BuildOptions
from rootbuild.build.vertices import Vertices
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Folders:
    """Where this user's cache and the notes of running builds are kept, on the host."""

    cache: Path
    state: Path


@dataclass(frozen=True, slots=True)
class Ground:
    """`inside` tells whether we are in the engine's namespace, where containers can be mounted.

    `due` tells that there is something to do, as was seen outside.
    """

    options: BuildOptions
    backend: Backend
    folders: Folders
    vertices: Vertices
    contexts: Contexts
    inside: bool
    due: bool = False

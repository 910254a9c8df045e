"""A stage's working container: started and mounted only when something needs its files."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from rootbuild.backend import Backend, Describe, Layers
from rootbuild.build.journal import Journal
from rootbuild.build.once import Once
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.turns import Turns
from rootbuild.files.rootfs import Rootfs
from rootbuild.graph.stages import Filesystem


class Workspace:
    """At most one working container at a time; removed when the block ends, whatever happens.

    What it holds is known by the key of that filesystem; changes need not be committed for others
    to read them. Only one thread changes it, and none reads meanwhile; several may read at once.
    """

    def __init__(self, backend: Backend, journal: Journal, turns: Turns, supply: Supply) -> None:
        self._backend = backend
        self._supply = supply
        self._journal = journal
        self._turns = turns
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._held: tuple[str, Rootfs] | None = None
        self._content: str | None = None
        self._name = ""
        self._committed = False
        self.commit_seconds = 0.0

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def change(self, content: str, layers: Layers | None) -> tuple[str, Rootfs]:
        """A container that holds `content`, whose next commit makes exactly one layer on `layers`.

        What it holds is unknown from now on, until `changed` says it.
        """
        held = self._held
        if held is None or self._content != content or self._committed:
            held = self._start(layers)
        self._content = None
        return held

    def changed(self, content: str) -> None:
        """Note that the container now holds the filesystem with that key."""
        self._content = content

    def view(self, content: str, layers: Layers | None) -> Rootfs:
        """A root filesystem that holds `content`, to read from.

        It is started from `layers` unless the container at hand holds it, committed or not.
        """
        with self._lock:
            held = self._held
            if held is None or self._content != content:
                held = self._start(layers)
                self._content = content
            return held[1]

    def result(self, content: str, layers: Layers | None) -> Rootfs:
        """As `view`, when the stages are built and nobody is given turns any more."""
        if self._held is None or self._content != content:
            self._start(layers, contextlib.nullcontext())
            self._content = content
        assert self._held is not None
        return self._held[1]

    def moved(self) -> tuple[int, int]:
        """How far the layer is written that is being made; in all, that is not known."""
        return (self._backend.moved(self._name), 0) if self._name else (0, 0)

    @property
    def rootfs(self) -> Path | None:
        """Where the container at hand is mounted."""
        return self._held[1].path if self._held else None

    def commit(self, *, hurry: bool = True) -> Layers:
        """Keep what was changed since the container started as one more layer.

        Without `hurry` nobody waits for that. `commit_seconds` is how long it took.
        """
        assert self._held is not None
        self._committed = True
        with self._turns.work() if hurry else self._turns.unhurried_work():
            begin = time.monotonic()
            layers = self._backend.commit(self._held[0])
            self.commit_seconds = time.monotonic() - begin
            return layers

    def finish(self, describe: Describe, names: Sequence[str]) -> Layers:
        """As `commit`, as an image with that config and names; nobody looks at the files again."""
        assert self._held is not None
        container, self._held, self._content = self._held[0], None, None
        return self._backend.finish(container, describe, names)

    def close(self) -> None:
        """Remove the container, if there is one."""
        self._held = self._content = None
        self._stack.close()

    def _start(
        self, layers: Layers | None, turn: AbstractContextManager[object] | None = None
    ) -> tuple[str, Rootfs]:
        self.close()
        name = self._journal.container()
        image = layers.image if layers else None
        self._supply.ready(layers)
        with turn or self._turns.work():
            container = self._stack.enter_context(self._backend.start(image, name))
            path = self._stack.enter_context(self._backend.mount(container))
        self._name = container
        self._held = container, self._stack.enter_context(Rootfs(path))
        self._committed = False
        return self._held


class Workspaces:
    """The workspaces of all stages, and of images that are copied from, until the block ends."""

    def __init__(self, backend: Backend, journal: Journal, turns: Turns, supply: Supply) -> None:
        self._stack = contextlib.ExitStack()
        self._spaces: Once[Filesystem, Workspace] = Once(
            lambda _: self._stack.enter_context(Workspace(backend, journal, turns, supply))
        )

    def __enter__(self) -> Workspaces:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __getitem__(self, source: Filesystem) -> Workspace:
        return self._spaces[source]

"""A stage's working container: started and mounted only when something needs its files."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

from rootbuild.backend import Backend, Layers
from rootbuild.build.journal import Journal
from rootbuild.files.rootfs import Rootfs


class Workspace:
    """At most one working container at a time; removed when the block ends, whatever happens."""

    def __init__(self, backend: Backend, journal: Journal) -> None:
        self._backend = backend
        self._journal = journal
        self._stack = contextlib.ExitStack()
        self._container: str | None = None
        self._rootfs: Rootfs | None = None
        self._started_from: str | None = None
        self._content: str | None = None

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def change(self, layers: Layers | None) -> tuple[str, Rootfs]:
        """A container on top of `layers` whose next commit makes exactly one more layer."""
        image = layers.image if layers else None
        if self._container is None or self._started_from != image or self._content != image:
            self._start(image)
        return self._held()

    def view(self, layers: Layers | None) -> Rootfs:
        """A root filesystem with the content of `layers`, to read from."""
        image = layers.image if layers else None
        if self._container is None or self._content != image:
            self._start(image)
        return self._held()[1]

    def commit(self) -> Layers:
        """Keep what was changed since the container started as one more layer."""
        container, _ = self._held()
        layers = self._backend.commit(container)
        self._content = layers.image
        return layers

    def close(self) -> None:
        """Remove the container, if there is one."""
        self._container = self._rootfs = None
        self._stack.close()

    def _held(self) -> tuple[str, Rootfs]:
        assert self._container is not None
        assert self._rootfs is not None
        return self._container, self._rootfs

    def _start(self, image: str | None) -> None:
        self.close()
        name = self._journal.container()
        container = self._stack.enter_context(self._backend.start(image, name))
        path: Path = self._stack.enter_context(self._backend.mount(container))
        self._rootfs = self._stack.enter_context(Rootfs(path))
        self._container = container
        self._started_from = self._content = image

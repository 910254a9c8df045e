"""The backend: what looks is here, what does something is in `builder`, which is loaded for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rootbuild.backend import Describe, Exec, Layers, Problem, PullPolicy, StoredImage
from rootbuild_oci import namespace
from rootbuild_oci.engine import Engine
from rootbuild_oci.store import Store

if TYPE_CHECKING:  # a build with nothing to do needs none of it
    from rootbuild.choices import Choices, Question, Way
    from rootbuild_oci.builder import Builder


class OciBackend:
    """Builds images with an engine; keeps to `rootbuild.backend.Backend`.

    `ways` and `overlays` are for tests, see `Builder`.
    """

    def __init__(
        self, engine: Engine, ways: tuple[str, ...] | None = None, *, overlays: bool = True
    ) -> None:
        self.name = engine.name
        self._engine = engine
        self._store = Store(engine.answers)
        self._ways = ways
        self._overlays = overlays
        self._builder: Builder | None = None
        self._lock = threading.Lock()

    @property
    def builder(self) -> Builder:
        """The part that does something."""
        from rootbuild_oci.builder import Builder

        with self._lock:
            if self._builder is None:
                self._builder = Builder(
                    self._engine, self._store, self._ways, overlays=self._overlays
                )
            return self._builder

    def check(self) -> Problem | None:
        """See the contract: programs, ranges of ids, kernel settings."""
        return self._engine.check()

    def ways(self) -> Mapping[Question, Sequence[Way]]:
        """See the contract."""
        return self.builder.ways.offered()

    def advise(self, choices: Choices) -> None:
        """See the contract."""
        self.builder.advise(choices)

    def enter(self, argv: Sequence[str]) -> tuple[str, ...] | None:
        """See the contract: the engine makes it."""
        return None if namespace.privileged() else self._engine.commands.unshare(argv)

    def images(self) -> Sequence[StoredImage]:
        """See the contract."""
        return self._store.images()

    def config(self, image: str) -> bytes:
        """See the contract."""
        return self._store.config(image)

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """See the contract."""
        return self.builder.pull(reference, policy, platform)

    def load(self, layout: Path, manifest: str) -> str:
        """See the contract: a folder of the `dir:` transport, pulled."""
        return self.builder.images.load_layout(layout, manifest)

    def session(self) -> AbstractContextManager[object]:
        """See the contract."""
        return self.builder.session()

    def start(self, image: str | None, name: str) -> AbstractContextManager[str]:
        """See the contract."""
        return self.builder.start(image, name)

    def mount(self, container: str) -> AbstractContextManager[Path]:
        """See the contract."""
        return self.builder.containers[container].mount()

    def run(self, container: str, command: Exec, output: IO[bytes]) -> int:
        """See the contract."""
        return self.builder.run(container, command, output)

    def stop(self) -> None:
        """See the contract."""
        self.builder.stop()

    def moved(self, what: str) -> int:
        """See the contract."""
        return self.builder.moved(what)

    def commit(self, container: str) -> Layers:
        """See the contract."""
        return self.builder.containers[container].commit()

    def finish(self, container: str, describe: Describe, names: Sequence[str]) -> Layers:
        """See the contract."""
        return self.builder.finish(container, describe, names)

    def create_image(self, config: bytes, names: Sequence[str] = ()) -> str:
        """See the contract: a folder of the `dir:` transport, pulled."""
        return self.builder.images.create(config, names)

    def create_index(self, images: Sequence[str], names: Sequence[str]) -> str:
        """See the contract."""
        return self.builder.images.create_index(images, names)

    def tag(self, image: str, *names: str) -> None:
        """See the contract."""
        self.builder.images.tag(image, *names)

    def remove(self, images: Sequence[str]) -> None:
        """See the contract."""
        self.builder.images.remove(images, self.builder.used())

    def sweep(self, containers: Sequence[str]) -> None:
        """See the contract: kills what still runs in them, then removes them."""
        self.builder.sweep(containers)

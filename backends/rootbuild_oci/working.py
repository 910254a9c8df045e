"""Working containers that an engine makes and keeps: these work with any storage driver."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Describe, Layers
from rootbuild_oci import failures, folder
from rootbuild_oci.calls import Calls, last_line
from rootbuild_oci.engine import Engine
from rootbuild_oci.images import Images
from rootbuild_oci.store import Store

LARGE_SECONDS = 0.5


class Workers:
    """Makes working containers, and removes those of a session by one call at its end.

    Those whose changes took long to commit take much room, and are removed at once. Images that
    were made to start containers from go after them.
    """

    def __init__(self, store: Store, images: Images, call: Calls, engine: Engine) -> None:
        self.store = store
        self.images = images
        self.call = call
        self.commands = engine.commands
        self._scratch = engine.scratch
        self.large: set[str] = set()
        self._retired: list[str] | None = None
        self._calm: set[str] = set()

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """For the length of a block, keep containers that are done with."""
        self._retired = []
        try:
            yield
        except BaseException:
            self._end(partial(process.call, check=False))
            raise
        self._end(self._remove)

    @property
    def lasting(self) -> bool:
        """Whether a session is open, whose end removes containers, mounted or not."""
        return self._retired is not None

    @contextlib.contextmanager
    def start(self, image: str | None, name: str, used: frozenset[str]) -> Iterator[Worker]:
        """A working container; gone, or soon to be, when the block ends.

        `used` are images that must not be removed. Raises HostError if there is no such image.
        """
        try:
            base = self._base(image)
        except KeyError as error:
            raise failures.image_removed(image) from error
        if base is not None and base != image:
            self._calm.add(base)
        try:
            self.call(self.commands.working_container(name, base))
            yield Worker(self, name)
        except BaseException:
            process.call(self.commands.remove_containers(name), check=False)
            raise
        if self._retired is not None and name not in self.large:
            self._retired.append(name)
            return
        self._remove(self.commands.remove_containers(name))
        if self._retired is None:
            self._remove_calm(used)

    def mounted(self, name: str) -> Path:
        """Mount a working container; gives the path."""
        return Path(last_line(self.call(self.commands.mount(name))))

    def _base(self, image: str | None) -> str | None:
        """An image that the engine can start from; None where it starts from nothing."""
        if image is not None:
            return self.images.calm(image)
        return None if self._scratch else self.images.nothing()

    def _remove(self, command: Sequence[str]) -> None:
        """Run a removal to its end: not even who stops the build ends it. Raises EngineError.

        A signal is heard afterwards, as nobody would remove later what is left.
        """
        try:
            finished = process.call(command, check=False)
        except BaseException:
            process.call(command, check=False)
            raise
        if finished.status != 0:
            raise self.call.failure(finished)

    def _end(self, call: Callable[[Sequence[str]], object]) -> None:
        names, self._retired = self._retired, None
        if names:
            call(self.commands.remove_containers(*names))
        self._remove_calm(self.store.used() or frozenset())

    def _remove_calm(self, used: frozenset[str]) -> None:
        images, self._calm = self._calm, set()
        if images:
            self.images.remove(sorted(images), used)


class Worker:
    """A working container of an engine's."""

    def __init__(self, workers: Workers, name: str) -> None:
        self._workers = workers
        self._name = name
        self._mounted: tuple[Path, int] | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def mount(self) -> Iterator[Path]:
        """Its root filesystem. May be nested; the last block to end unmounts.

        In a session the container's removal, which soon follows, does that.
        """
        with self._lock:
            path, count = self._mounted or (self._workers.mounted(self._name), 0)
            self._mounted = (path, count + 1)
        try:
            yield path
        finally:
            with self._lock:
                path, count = self._mounted
                self._mounted = (path, count - 1) if count > 1 else None
            if count == 1 and not self._workers.lasting:
                process.call(self._workers.commands.unmount(self._name), check=False)

    def commit(self) -> Layers:
        """See the contract."""
        begin = time.monotonic()
        workers = self._workers
        image = last_line(workers.call(workers.commands.commit(self._name)))
        if time.monotonic() - begin > LARGE_SECONDS:
            workers.large.add(self._name)
        return Layers(image, folder.diff_ids(workers.store.config(image)))

    def finish(self, describe: Describe, names: Sequence[str]) -> Layers:
        """See the contract: a commit, and an image with our own config on top of that."""
        interim = self.commit()
        image = self._workers.images.create(describe(interim.diff_ids), names)
        self._workers.images.remove_interim(interim.image)
        return Layers(image, interim.diff_ids)

"""The backend: each verb of the contract as one or two engine calls."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.backend import Describe, Exec, Layers, Problem, PullPolicy, StoredImage
from rootbuild.errors import EngineError, ImageNotFoundError
from rootbuild_buildah import argv, hostcheck, namespace, probe, steps
from rootbuild_buildah.calls import Calls, last_line
from rootbuild_buildah.images import Images
from rootbuild_buildah.network import Networks
from rootbuild_buildah.overlays import Overlay, Overlays
from rootbuild_buildah.store import Store
from rootbuild_buildah.working import Worker, Workers, mounted


class BuildahBackend:
    """Builds images with buildah. `ways` fixes how steps are run, for tests.

    Working containers are our own where a runtime runs the steps and the store's layers are as we
    know them, else buildah's; `overlays` False makes it always the latter.
    """

    name = "buildah"

    def __init__(
        self,
        store: Store | None = None,
        ways: tuple[steps.Way, ...] | None = None,
        *,
        overlays: bool = True,
    ) -> None:
        self._store = store or Store()
        self._call = Calls(self._store)
        self._images = Images(self._store, self._call)
        self._workers = Workers(self._store, self._images, self._call)
        self._overlays = Overlays(self._store, self._images)
        self._runner = steps.Runner(ways)
        self._direct: bool | None = None if overlays else False
        self._networks: Networks | None = None
        self._containers: dict[str, Worker | Overlay] = {}
        self._lock = threading.Lock()

    def check(self) -> Problem | None:
        """See the contract: programs, ranges of ids, kernel settings."""
        return hostcheck.check()

    def enter(self, argv_: Sequence[str]) -> tuple[str, ...] | None:
        """See the contract: one `buildah unshare`."""
        return None if namespace.privileged() else argv.unshare(argv_)

    def images(self) -> Sequence[StoredImage]:
        """See the contract."""
        return self._store.images()

    def config(self, image: str) -> bytes:
        """See the contract."""
        return self._store.config(image)

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """See the contract."""
        finished = process.run(argv.pull(reference, policy, platform), check=False)
        if finished.status == 0:
            return last_line(finished)
        error = self._call.failure(finished)
        if finished.status < 0 or error.id != "engine":
            raise error
        raise ImageNotFoundError(
            f"{reference} is not in the local store and could not be pulled",
            hint="check the name, that its registry can be reached, and whether it asks for a "
            "login (buildah login)",
            detail=error.report.detail + f"\n(exit status {finished.status})",
        )

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """See the contract: one network namespace, and one removal of buildah's containers."""
        removals = self._overlays.removals
        with Networks() as networks, self._workers.session(), removals.session():
            self._networks = networks
            try:
                yield
            finally:
                self._networks = None

    @contextlib.contextmanager
    def start(self, image: str | None, name: str) -> Iterator[str]:
        """See the contract."""
        with self._started(image, name) as container:
            self._containers[name] = container
            try:
                yield name
            finally:
                self._containers.pop(name, None)

    @contextlib.contextmanager
    def mount(self, container: str) -> Iterator[Path]:
        """See the contract."""
        with self._containers[container].mount() as rootfs:
            yield rootfs

    def run(self, container: str, command: Exec, output: IO[bytes]) -> int:
        """See the contract."""
        with contextlib.ExitStack() as stack:
            networks = self._networks or stack.enter_context(Networks())
            rootfs = stack.enter_context(self.mount(container))
            network = stack.enter_context(networks.use(command.network))
            step = steps.Step(container, rootfs, command, network)
            try:
                return self._runner.run(step, output)
            except EngineError:
                probe.forget()
                raise

    def stop(self) -> None:
        """See the contract."""
        self._runner.stop()

    def commit(self, container: str) -> Layers:
        """See the contract."""
        return self._containers[container].commit()

    def finish(self, container: str, describe: Describe, names: Sequence[str]) -> Layers:
        """See the contract."""
        if self._networks is not None:
            self._networks.rest()  # as this is most likely the build's last operation
        return self._containers[container].finish(describe, names)

    def create_image(self, config: bytes, names: Sequence[str] = ()) -> str:
        """See the contract: a folder of the `dir:` transport, pulled."""
        return self._images.create(config, names)

    def tag(self, image: str, *names: str) -> None:
        """See the contract."""
        self._images.tag(image, *names)

    def remove(self, images: Sequence[str]) -> None:
        """See the contract."""
        self._images.remove(images, self._used())

    def sweep(self, containers: Sequence[str]) -> None:
        """See the contract: kills what still runs in them, then removes them."""
        known = self._store.containers()
        for container in containers:
            if self._overlays.has(container):
                steps.remove_leftovers(container, None)
                self._overlays.sweep(container)
            elif known is None or container in known:
                steps.remove_leftovers(container, partial(mounted, self._call, container))
                process.call(argv.remove_containers(container), check=known is not None)

    @contextlib.contextmanager
    def _started(self, image: str | None, name: str) -> Iterator[Worker | Overlay]:
        with contextlib.ExitStack() as stack:
            container: Worker | Overlay | None = None
            if self._runs_directly():
                container = stack.enter_context(self._overlays.start(image, name))
            if container is None:
                container = stack.enter_context(self._workers.start(image, name, self._used()))
            yield container

    def _runs_directly(self) -> bool:
        """Whether steps go straight to a runtime, so that any root filesystem will do."""
        with self._lock:
            if self._direct is None and self._runner.ways is None:
                found = probe.runtime()
                self._runner.ways = None if found is None else (found,)
            if self._direct is None:
                ways = set(self._runner.ways or ())
                self._direct = bool(ways) and ways <= set(steps.RUNTIMES)
            return self._direct

    def _used(self) -> frozenset[str]:
        return (self._store.used() or frozenset()) | self._overlays.used()

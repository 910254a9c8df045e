"""What a build has done: containers, steps, layers and images."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO

from rootbuild import process
from rootbuild.backend import Describe, Exec, Layers, PullPolicy
from rootbuild.errors import EngineError, ImageNotFoundError
from rootbuild_buildah import argv, probe, steps
from rootbuild_buildah.calls import Calls, last_line
from rootbuild_buildah.images import Images
from rootbuild_buildah.network import Networks
from rootbuild_buildah.overlays import Overlay, Overlays
from rootbuild_buildah.step import Step
from rootbuild_buildah.store import Store
from rootbuild_buildah.working import Worker, Workers, mounted


class Builder:
    """The verbs of the contract that do something.

    Working containers are our own where a runtime runs the steps and the store's layers are as we
    know them, else buildah's; `overlays` False makes it always the latter. `ways` fixes how steps
    are run.
    """

    def __init__(self, store: Store, ways: tuple[steps.Way, ...] | None, *, overlays: bool) -> None:
        self._store = store
        self._call = Calls(store)
        self.images = Images(store, self._call)
        self.overlays = Overlays(store, self.images)
        self.containers: dict[str, Worker | Overlay] = {}
        self._workers = Workers(store, self.images, self._call)
        self._runner = steps.Runner(ways)
        self._direct: bool | None = None if overlays else False
        self._networks: Networks | None = None
        self._lock = threading.Lock()

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """Bring an image from its registry."""
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
        """One network namespace, and one removal of all containers."""
        removals = self.overlays.removals
        with Networks() as networks, self._workers.session(), removals.session():
            self._networks = networks
            try:
                yield
            finally:
                self._networks = None

    @contextlib.contextmanager
    def start(self, image: str | None, name: str) -> Iterator[str]:
        """A container of either kind."""
        with self._started(image, name) as container:
            self.containers[name] = container
            try:
                yield name
            finally:
                self.containers.pop(name, None)

    def run(self, container: str, command: Exec, output: IO[bytes]) -> int:
        """Run a step in it."""
        with contextlib.ExitStack() as stack:
            networks = self._networks or stack.enter_context(Networks())
            rootfs = stack.enter_context(self.containers[container].mount())
            network = stack.enter_context(networks.use(command.network))
            step = Step(container, rootfs, command, network)
            try:
                return self._runner.run(step, output)
            except EngineError:
                probe.forget()
                raise

    def stop(self) -> None:
        """Kill all steps, and end calls that are waited for; not those that clean up."""
        self._runner.stop()
        self._call.end()

    def finish(self, container: str, describe: Describe, names: Sequence[str]) -> Layers:
        """Make the finished image of it."""
        if self._networks is not None:
            self._networks.rest()  # as this is most likely the build's last operation
        return self.containers[container].finish(describe, names)

    def sweep(self, containers: Sequence[str]) -> None:
        """Kill what still runs in containers, then remove them."""
        known = self._store.containers()
        for container in containers:
            ours = self.overlays.has(container)
            theirs = not ours and (known is None or container in known)
            rootfs = partial(mounted, self._call, container) if theirs else None
            steps.remove_leftovers(container, rootfs)
            if ours:
                self.overlays.sweep(container)
            elif theirs:
                process.call(argv.remove_containers(container), check=known is not None)

    @contextlib.contextmanager
    def _started(self, image: str | None, name: str) -> Iterator[Worker | Overlay]:
        with contextlib.ExitStack() as stack:
            container: Worker | Overlay | None = None
            if self._runs_directly(name):
                container = stack.enter_context(self.overlays.start(image, name))
            if container is None:
                container = stack.enter_context(self._workers.start(image, name, self.used()))
            yield container

    def _runs_directly(self, container: str) -> bool:
        """Whether steps go straight to a runtime, so that any root filesystem will do."""
        with self._lock:
            if self._direct is None and self._runner.ways is None:
                found = probe.runtime(container)
                self._runner.ways = None if found is None else (found,)
            if self._direct is None:
                ways = set(self._runner.ways or ())
                self._direct = bool(ways) and ways <= set(steps.RUNTIMES)
            return self._direct

    def used(self) -> frozenset[str]:
        """The images that containers stand on."""
        return (self._store.used() or frozenset()) | self.overlays.used()

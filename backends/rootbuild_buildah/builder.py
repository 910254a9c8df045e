"""What a build has done: containers, steps, layers and images."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.backend import Describe, Exec, Layers, PullPolicy
from rootbuild.choices import Choices
from rootbuild.errors import ImageNotFoundError
from rootbuild_buildah import argv, steps
from rootbuild_buildah.calls import Calls, last_line
from rootbuild_buildah.images import Images
from rootbuild_buildah.network import Networks
from rootbuild_buildah.overlays import Overlay, Overlays
from rootbuild_buildah.step import Step
from rootbuild_buildah.store import Store
from rootbuild_buildah.ways import Ways
from rootbuild_buildah.working import Worker, Workers, mounted


class Builder:
    """The verbs of the contract that do something.

    Working containers are our own where a runtime runs the steps and the store's layers are as we
    know them, else buildah's; `overlays` False makes it always the latter. `fixed` are the ways to
    run steps, which are chosen by `ways` otherwise.
    """

    def __init__(
        self, store: Store, fixed: tuple[steps.Way, ...] | None, *, overlays: bool
    ) -> None:
        self._store = store
        self._call = Calls(store)
        self.images = Images(store, self._call)
        self.overlays = Overlays(store, self.images)
        self.containers: dict[str, Worker | Overlay] = {}
        self._workers = Workers(store, self.images, self._call)
        self.ways = Ways()
        self._fixed = fixed
        self._direct = overlays
        self._runner = steps.Runner(self._order, self.ways.refused)
        self._networks: Networks | None = None
        self._pulls: dict[str, Path] = {}

    def advise(self, choices: Choices) -> None:
        """Ask `choices` from now on."""
        self.ways.choices = choices
        self._runner.again()

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """Bring an image from its registry."""
        with tempfile.TemporaryDirectory(prefix="rootbuild-pull-", dir=_large_files()) as folder:
            self._pulls[reference] = Path(folder)
            finished = process.run(
                argv.pull(reference, policy, platform), check=False, env={"TMPDIR": folder}
            )
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

    def moved(self, what: str) -> int:
        """What has been written of a layer, or downloaded of an image."""
        if what in self._pulls:
            return _size(self._pulls[what])
        container = self.containers.get(what)
        return container.written() if isinstance(container, Overlay) else 0

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """One network namespace, and one removal of all containers."""
        removals = self.overlays.removals
        with Networks(self.ways.choices) as networks, self._workers.session(), removals.session():
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
            networks = self._networks or stack.enter_context(Networks(self.ways.choices))
            rootfs = stack.enter_context(self.containers[container].mount())
            network = stack.enter_context(networks.use(command.network))
            return self._runner.run(Step(container, rootfs, command, network), output)

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
        """Kill what still runs in containers, then remove them, and what attempts have left."""
        from rootbuild_buildah import attempts  # after a killed build

        attempts.sweep()
        known = self._store.containers()
        for container in containers:
            ours = self.overlays.has(container)
            # Both, where ours could not be mounted and was waiting for its removal.
            theirs = not ours if known is None else container in known
            rootfs = partial(mounted, self._call, container) if theirs else None
            steps.remove_leftovers(container, rootfs)
            if ours:
                self.overlays.sweep(container)
            if theirs:
                process.call(argv.remove_containers(container), check=known is not None)

    @contextlib.contextmanager
    def _started(self, image: str | None, name: str) -> Iterator[Worker | Overlay]:
        with contextlib.ExitStack() as stack:
            container: Worker | Overlay | None = None
            if self._runs_directly():
                container = stack.enter_context(self.overlays.start(image, name))
            if container is None:
                container = stack.enter_context(self._workers.start(image, name, self.used()))
            yield container

    def _runs_directly(self) -> bool:
        """Whether steps go straight to a runtime, so that any root filesystem will do."""
        return self._direct and set(self._runner.ways) <= set(steps.RUNTIMES)

    def _order(self) -> tuple[steps.Way, ...]:
        """The ways to run steps. `buildah run` can do nothing with containers of our own.

        So where a runtime was chosen, none but another can take its place.
        """
        if self._fixed is not None:
            return self._fixed
        order = self.ways.order()
        if self._direct and order[0] in steps.RUNTIMES:
            return tuple(way for way in order if way in steps.RUNTIMES)
        return order

    def used(self) -> frozenset[str]:
        """The images that containers stand on."""
        return (self._store.used() or frozenset()) | self.overlays.used()


def _large_files() -> str:
    """Where buildah would put what it downloads."""
    return os.environ.get("TMPDIR") or "/var/tmp"  # noqa: S108 - a folder of ours is made in it


def _size(folder: Path) -> int:
    """The bytes of all files below a folder that others may change meanwhile."""
    found = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found += os.lstat(os.path.join(above, name)).st_size
    return found

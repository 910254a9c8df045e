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
from rootbuild.image.reference import parse
from rootbuild_oci import steps
from rootbuild_oci.calls import Calls, last_line
from rootbuild_oci.engine import Engine
from rootbuild_oci.images import Images
from rootbuild_oci.network import Networks
from rootbuild_oci.overlays import Overlay, Overlays
from rootbuild_oci.step import Step
from rootbuild_oci.store import Store
from rootbuild_oci.ways import Ways
from rootbuild_oci.working import Worker, Workers


class Builder:
    """The verbs of the contract that do something.

    Working containers are our own where steps run in any root filesystem and the store's layers are
    as we know them, else the engine's; `overlays` False makes it always the latter. `fixed` are the
    ways to run steps, which are chosen by `ways` otherwise.
    """

    def __init__(
        self, engine: Engine, store: Store, fixed: tuple[str, ...] | None, *, overlays: bool
    ) -> None:
        self._engine = engine
        self._own = engine.own_ways()
        self._store = store
        self._call = Calls(store)
        self.images = Images(store, self._call, engine.commands)
        self.overlays = Overlays(store, self.images)
        self.containers: dict[str, Worker | Overlay] = {}
        self._workers = Workers(store, self.images, self._call, engine)
        self.ways = Ways(self._own)
        self._fixed = fixed
        self._direct = overlays
        self._runner = steps.Runner(self._own, self._order, self.ways.refused)
        self._networks: Networks | None = None
        self._pulls: dict[str, Path] = {}

    def advise(self, choices: Choices) -> None:
        """Ask `choices` from now on."""
        self.ways.choices = choices
        self._runner.again()

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """Bring an image from its registry, unless it is here and that is enough."""
        here = None if policy == "always" else self._named(reference)
        if here is not None:
            return here
        if policy == "never":
            return self._pull(reference, policy, platform)
        from rootbuild.registry.refusal import persistently  # most builds pull nothing

        return persistently(
            lambda: self._pull(reference, policy, platform), parse(reference), platform
        )

    def _pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """Try it once."""
        with tempfile.TemporaryDirectory(prefix="rootbuild-pull-", dir=_large_files()) as folder:
            self._pulls[reference] = Path(folder)
            words = self._engine.commands.pull(reference, policy, platform)
            finished = process.run(words, check=False, env={"TMPDIR": folder})
        if finished.status == 0:
            return last_line(finished)
        error = self._call.failure(finished)
        if finished.status < 0 or error.id != "engine":
            raise error
        raise ImageNotFoundError(
            f"{reference} is not in the local store and could not be pulled",
            hint="check the name, that its registry can be reached, and whether it asks for a "
            "login (rootbuild login)",
            detail=error.report.detail + f"\n(exit status {finished.status})",
        )

    def _named(self, reference: str) -> str | None:
        known = self._store.images()
        found = (image.id for image in known if reference in image.names and not image.instances)
        return next(found, None)

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
        from rootbuild_oci import attempts  # after a killed build

        attempts.sweep(self._own)
        known = self._store.containers()
        for container in containers:
            ours = self.overlays.has(container)
            # Both, where ours could not be mounted and was waiting for its removal.
            theirs = not ours if known is None else container in known
            rootfs = partial(self._workers.mounted, container) if theirs else None
            steps.remove_leftovers(container, rootfs, self._own)
            if ours:
                self.overlays.sweep(container)
            if theirs:
                command = self._engine.commands.remove_containers(container)
                process.call(command, check=known is not None)

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
        """Whether steps can be run in any root filesystem."""
        return self._direct and all(map(self._takes_any_root, self._runner.ways))

    def _takes_any_root(self, way: str) -> bool:
        return way in steps.RUNTIMES or self._own.ANY_ROOT

    def _order(self) -> tuple[str, ...]:
        """The ways to run steps. An engine's own may be of no use for containers of our own.

        So where a runtime was chosen, only what is can take its place.
        """
        if self._fixed is not None:
            return self._fixed
        order = self.ways.order()
        if self._direct and order[0] in steps.RUNTIMES:
            return tuple(filter(self._takes_any_root, order))
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

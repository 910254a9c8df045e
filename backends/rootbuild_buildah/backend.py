"""The backend: each verb of the contract as one or two engine calls."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.backend import Exec, Layers, Problem, PullPolicy, StoredImage
from rootbuild.choices import Choices, Question, Way
from rootbuild.errors import EngineError, ImageNotFoundError
from rootbuild_buildah import argv, failures, folder, hostcheck, namespace, parents, steps
from rootbuild_buildah.network import Networks
from rootbuild_buildah.store import Store
from rootbuild_buildah.ways import Ways

LARGE_SECONDS = 0.5


@dataclass(slots=True)
class Retired:
    """Working containers that are done with. One call removes them all at the end of the build.

    Those whose changes took long to commit take much room, and are removed at once. `images` are
    those that were made to start containers from, and go after them.
    """

    names: list[str] = field(default_factory=list)
    large: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)

    def add(self, name: str) -> bool:
        """Keep a container for later if that does no harm; says whether it was kept."""
        if name in self.large:
            return False
        self.names.append(name)
        return True


class BuildahBackend:
    """Builds images with buildah. `ways` fixes how steps are run, for tests."""

    name = "buildah"

    def __init__(
        self, store: Store | None = None, ways: tuple[steps.Way, ...] | None = None
    ) -> None:
        self._store = store or Store()
        self._ways = Ways()
        self._runner = steps.Runner(ways, self._ways.order, self._ways.refused)
        self._networks: Networks | None = None
        self._mounted: dict[str, tuple[Path, int]] = {}
        self._retired: Retired | None = None
        self._lock = threading.Lock()

    def check(self) -> Problem | None:
        """See the contract: programs, ranges of ids, kernel settings."""
        return hostcheck.check()

    def ways(self) -> Mapping[Question, Sequence[Way]]:
        """See the contract."""
        return self._ways.offered()

    def advise(self, choices: Choices) -> None:
        """See the contract."""
        self._ways.choices = choices
        self._runner.again()

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
            return _last_line(finished)
        error = self._failure(finished)
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
        """See the contract: one network namespace, and one removal of all containers."""
        with Networks(self._ways.choices) as networks:
            self._networks, self._retired = networks, Retired()
            try:
                yield
            except BaseException:
                with contextlib.suppress(EngineError):
                    self._end_session(partial(process.call, check=False))
                raise
            self._end_session(self._call)

    @contextlib.contextmanager
    def start(self, image: str | None, name: str) -> Iterator[str]:
        """See the contract."""
        with contextlib.ExitStack() as stack:
            base = None if image is None else stack.enter_context(self._calm(image))
            try:
                self._call(argv.working_container(name, base))
                yield name
            except BaseException:
                process.call(argv.remove_containers(name), check=False)
                raise
            if self._retired is None or not self._retired.add(name):
                self._call(argv.remove_containers(name))

    @contextlib.contextmanager
    def mount(self, container: str) -> Iterator[Path]:
        """See the contract. May be nested; the last block to end unmounts.

        In a session the container's removal, which soon follows, does that.
        """
        with self._lock:
            path, count = self._mounted.get(container) or (self._mount(container), 0)
            self._mounted[container] = (path, count + 1)
        try:
            yield path
        finally:
            with self._lock:
                path, count = self._mounted.pop(container)
                if count > 1:
                    self._mounted[container] = (path, count - 1)
            if count == 1 and self._retired is None:
                process.call(argv.unmount(container), check=False)

    def run(self, container: str, command: Exec, output: IO[bytes]) -> int:
        """See the contract."""
        with contextlib.ExitStack() as stack:
            networks = self._networks or stack.enter_context(Networks(self._ways.choices))
            rootfs = stack.enter_context(self.mount(container))
            step = steps.Step(container, rootfs, command, networks.find(command.network))
            return self._runner.run(step, output)

    def stop(self) -> None:
        """See the contract."""
        self._runner.stop()

    def commit(self, container: str) -> Layers:
        """See the contract."""
        begin = time.monotonic()
        image = _last_line(self._call(argv.commit(container)))
        if self._retired is not None and time.monotonic() - begin > LARGE_SECONDS:
            self._retired.large.add(container)
        return Layers(image, folder.diff_ids(self.config(image)))

    def create_image(self, config: bytes) -> str:
        """See the contract: a folder of the `dir:` transport, pulled."""
        identity = folder.identity(config)
        with tempfile.TemporaryDirectory(prefix="rootbuild-image-") as name:
            folder.write(Path(name), config)
            self._call(argv.load_folder(Path(name), Path(name, "policy.json")))
        return identity

    def tag(self, image: str, name: str) -> None:
        """See the contract."""
        self._call(argv.tag(image, name))

    def remove(self, images: Sequence[str]) -> None:
        """See the contract."""
        nameless = {image.id for image in self.images() if not image.names}
        used = self._store.used() or frozenset()
        wanted = [image for image in images if image in nameless and image not in used]
        lineages = self._lineages(nameless)
        kept = sorted(set(lineages) - set(wanted))
        for image in wanted:
            with self._kept(parents.taken_along(image, lineages, kept)):
                self._remove(image)

    def sweep(self, containers: Sequence[str]) -> None:
        """See the contract: kills what still runs in them, then removes them."""
        known = self._store.containers()
        for container in containers:
            if known is None or container in known:
                steps.remove_leftovers(container, partial(self._mount, container))
                process.call(argv.remove_containers(container), check=known is not None)

    @contextlib.contextmanager
    def _calm(self, image: str) -> Iterator[str]:
        """An image with the same layers that buildah can work with (see `folder.startable`).

        It is removed at the end of the session, as several containers may be started from it.
        """
        config = folder.startable(self.config(image))
        if config is None:
            yield image
            return
        calm = folder.identity(config)
        if calm not in {known.id for known in self.images()}:
            self.create_image(config)
        if self._retired is not None:
            self._retired.images.add(calm)
            yield calm
            return
        try:
            yield calm
        finally:
            self.remove([calm])

    def _lineages(self, images: Iterable[str]) -> dict[str, parents.Lineage]:
        """Those of images that can be read: a killed engine may have left some damaged."""
        found = {}
        for image in images:
            with contextlib.suppress(EngineError, KeyError):
                found[image] = parents.lineage(self.config(image))
        return found

    def _remove(self, image: str) -> None:
        finished = process.call(argv.remove_image(image), check=False)
        if finished.status != 0 and image in {known.id for known in self.images()}:
            raise self._failure(finished)

    @contextlib.contextmanager
    def _kept(self, images: Sequence[str]) -> Iterator[None]:
        """Keep nameless images from being removed along with others: for the block they have names.

        A name can only be taken away together with its image, so an empty one gets it in the end.
        """
        names = {f"localhost/rootbuild-kept:{image}": image for image in images}
        for name, image in names.items():
            self.tag(image, name)
        try:
            yield
        finally:
            for name in names:
                self.tag(self.create_image(folder.empty(name)), name)
                process.call(argv.remove_image(name))

    def _end_session(self, call: Callable[[Sequence[str]], object]) -> None:
        retired, self._networks, self._retired = self._retired, None, None
        if retired is not None and retired.names:
            call(argv.remove_containers(*retired.names))
        if retired is not None and retired.images:
            self.remove(sorted(retired.images))

    def _mount(self, container: str) -> Path:
        return Path(_last_line(self._call(argv.mount(container))))

    def _call(self, command: Sequence[str]) -> process.Finished:
        finished = process.call(command, check=False)
        if finished.status != 0:
            raise self._failure(finished)
        return finished

    def _failure(self, finished: process.Finished) -> EngineError:
        store = self._store.folder()
        return failures.explained(
            finished, *([store] if store else []), Path(tempfile.gettempdir())
        )


def _last_line(finished: process.Finished) -> str:
    return finished.text.splitlines()[-1].strip()

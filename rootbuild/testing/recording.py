"""A backend without an engine: images are folders, and every call is written down."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from rootbuild.backend import Describe, Exec, Layers, Problem, PullPolicy, StoredImage
from rootbuild.choices import Choices, Question, Way
from rootbuild.errors import ImageNotFoundError
from rootbuild.records import dataclass

Program = Callable[[Path, Exec, IO[bytes]], int]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a verb that does something, with its arguments."""

    verb: str
    arguments: tuple[object, ...] = ()


def _succeed(rootfs: Path, command: Exec, output: IO[bytes]) -> int:
    return 0


class RecordingBackend:
    """Keeps images in a temporary folder and `calls` in their order.

    `program` stands for what steps do: it gets the root filesystem, the command and its output, and
    gives the exit code. `remote` are images that can be pulled, by reference, or by `REFERENCE
    PLATFORM`. `fail_on` makes the nth call of a verb raise. Looking (`images`, `config`, `check`,
    `enter`) is not recorded.
    """

    name = "recording"

    def __init__(self, program: Program = _succeed) -> None:
        self.calls: list[Call] = []
        self.program = program
        self.remote: dict[str, bytes] = {}
        self.problem: Problem | None = None
        self.containers: dict[str, Path] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="rootbuild-recording-")
        self._contents: dict[tuple[str, ...], Path] = {}
        self._started: dict[str, tuple[str, ...]] = {}
        self._configs: dict[str, bytes] = {}
        self._names: dict[str, str] = {}
        self._indexes: dict[str, tuple[str, ...]] = {}
        self._failures: dict[tuple[str, int], BaseException] = {}
        self._count = 0
        self._lock = threading.Lock()

    def add_image(self, name: str, config: dict[str, object], files: dict[str, bytes]) -> str:
        """Put an image with one layer of `files` (path -> content) into the store; gives its id."""
        content = self._new_folder()
        for path, data in files.items():
            target = content / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        diff_ids = (_digest(content),)
        self._contents[diff_ids] = content
        whole = {**config, "rootfs": {"type": "layers", "diff_ids": list(diff_ids)}}
        image = self._keep(json.dumps(whole).encode())
        self._names[name] = image
        return image

    def fail_on(self, verb: str, error: BaseException, call: int = 1) -> None:
        """Have the `call`th call of a verb, counted from 1, raise `error`."""
        self._failures[verb, call] = error

    def verbs(self) -> list[str]:
        """The verbs that were called, in their order."""
        return [call.verb for call in self.calls]

    def check(self) -> Problem | None:
        """Whatever `problem` is set to."""
        return self.problem

    def ways(self) -> Mapping[Question, Sequence[Way]]:
        """See the contract: there is one way for everything."""
        return {}

    def advise(self, choices: Choices) -> None:
        """See the contract: nothing is ever asked."""

    def enter(self, argv: Sequence[str]) -> tuple[str, ...] | None:
        """Nothing: we need no namespace."""
        return None

    def images(self) -> Sequence[StoredImage]:
        """See the contract."""
        return [
            StoredImage(
                image,
                tuple(name for name, named in self._names.items() if named == image),
                instances=self._indexes.get(image, ()),
            )
            for image in (*self._configs, *self._indexes)
        ]

    def config(self, image: str) -> bytes:
        """See the contract."""
        return self._configs[image]

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """See the contract: from `remote`."""
        self._record("pull", reference, policy, platform)
        if policy != "always" and reference in self._names:
            return self._names[reference]
        found = self.remote.get(f"{reference} {platform}", self.remote.get(reference))
        if policy == "never" or found is None:
            raise ImageNotFoundError(f"{reference} is nowhere")
        self._names[reference] = self._keep(found)
        return self._names[reference]

    def load(self, layout: Path, manifest: str) -> str:
        """See the contract; layers hold plain files alone."""
        self._record("load", layout, manifest)
        blobs = layout / "blobs" / "sha256"
        content = json.loads((blobs / manifest.removeprefix("sha256:")).read_bytes())
        config = (blobs / content["config"]["digest"].removeprefix("sha256:")).read_bytes()
        diff_ids = _diff_ids(config)
        if diff_ids not in self._contents:
            self._contents[diff_ids] = self._new_folder()
            for layer in content["layers"]:
                blob = blobs / layer["digest"].removeprefix("sha256:")
                _unpack(blob, self._contents[diff_ids])
        return self._keep(config)

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """See the contract."""
        self._record("session")
        yield

    @contextlib.contextmanager
    def start(self, image: str | None, name: str) -> Iterator[str]:
        """See the contract: a copy of the image's folder."""
        self._record("start", image, name)
        diff_ids = () if image is None else _diff_ids(self._configs[image])
        rootfs = self._new_folder()
        self._copy(diff_ids, rootfs)
        self.containers[name], self._started[name] = rootfs, diff_ids
        try:
            yield name
        finally:
            self._discard(name)
            self.calls.append(Call("end", (name,)))

    @contextlib.contextmanager
    def mount(self, container: str) -> Iterator[Path]:
        """See the contract."""
        self._record("mount", container)
        yield self.containers[container]

    def run(self, container: str, command: Exec, output: IO[bytes]) -> int:
        """See the contract: calls `program`."""
        self._record("run", container, command)
        return self.program(self.containers[container], command, output)

    def stop(self) -> None:
        """See the contract: there is never anything to end."""
        self._record("stop")

    def moved(self, what: str) -> int:
        """Nothing takes any time."""
        return 0

    def commit(self, container: str) -> Layers:
        """See the contract. The new layer's id is computed from the whole content."""
        self._record("commit", container)
        diff_ids = self._add_layer(container)
        layers = {"type": "layers", "diff_ids": list(diff_ids)}
        config = json.dumps({"rootfs": layers, "made": self._count}).encode()
        return Layers(self._keep(config), diff_ids)

    def finish(self, container: str, describe: Describe, names: Sequence[str]) -> Layers:
        """See the contract. The container's files are gone."""
        self._record("finish", container, *names)
        diff_ids = self._add_layer(container)
        shutil.rmtree(self.containers[container])
        return Layers(self._keep(describe(diff_ids), *names), diff_ids)

    def _add_layer(self, container: str) -> tuple[str, ...]:
        rootfs = self.containers[container]
        diff_ids = (*self._started[container], _digest(rootfs))
        content = self._new_folder()
        shutil.copytree(rootfs, content, symlinks=True, dirs_exist_ok=True)
        self._contents[diff_ids] = content
        return diff_ids

    def create_image(self, config: bytes, names: Sequence[str] = ()) -> str:
        """See the contract. KeyError for layers that the store does not have."""
        self._record("create_image", config, *names)
        diff_ids = _diff_ids(config)
        if diff_ids and diff_ids not in self._contents:
            self._contents[diff_ids] = self._stacked(diff_ids)
        return self._keep(config, *names)

    def create_index(self, images: Sequence[str], names: Sequence[str]) -> str:
        """See the contract."""
        self._record("create_index", tuple(images), *names)
        index = hashlib.sha256("\n".join(images).encode()).hexdigest()
        self._indexes[index] = tuple(images)
        self._name(index, names)
        return index

    def tag(self, image: str, *names: str) -> None:
        """See the contract."""
        self._record("tag", image, *names)
        self._name(image, names)

    def remove(self, images: Sequence[str]) -> None:
        """See the contract."""
        self._record("remove", *images)
        used = set(self._started.values())
        for image in images:
            nameless = image in self._configs and image not in self._names.values()
            if nameless and _diff_ids(self._configs[image]) not in used:
                del self._configs[image]

    def sweep(self, containers: Sequence[str]) -> None:
        """See the contract."""
        self._record("sweep", *containers)
        for container in containers:
            self._discard(container)

    def _record(self, verb: str, *arguments: object) -> None:
        with self._lock:
            self.calls.append(Call(verb, arguments))
            error = self._failures.get((verb, self.verbs().count(verb)))
        if error is not None:
            raise error

    def _discard(self, container: str) -> None:
        rootfs = self.containers.pop(container, None)
        self._started.pop(container, None)
        if rootfs is not None:
            shutil.rmtree(rootfs, ignore_errors=True)

    def _keep(self, config: bytes, *names: str) -> str:
        image = hashlib.sha256(config).hexdigest()
        self._configs[image] = config
        self._name(image, names)
        return image

    def _name(self, image: str, names: Sequence[str]) -> None:
        """Give names; an index that loses its last one is gone."""
        taken = {self._names.get(name) for name in names}
        self._names.update(dict.fromkeys(names, image))
        for index in taken - set(self._names.values()):
            self._indexes.pop(index or "", None)

    def _copy(self, diff_ids: tuple[str, ...], target: Path) -> None:
        if diff_ids in self._contents:
            shutil.copytree(self._contents[diff_ids], target, symlinks=True, dirs_exist_ok=True)

    def _stacked(self, diff_ids: tuple[str, ...]) -> Path:
        """The content of known layers on top of each other; the last one is laid over the rest."""
        content = self._new_folder()
        if diff_ids[:-1]:
            if diff_ids[:-1] not in self._contents:
                self._contents[diff_ids[:-1]] = self._stacked(diff_ids[:-1])
            self._copy(diff_ids[:-1], content)
        chain = next((chain for chain in self._contents if chain[-1] == diff_ids[-1]), None)
        if chain is None:
            raise KeyError(diff_ids)
        below = self._contents.get(chain[:-1])
        for source in sorted(self._contents[chain].rglob("*")):
            place = source.relative_to(self._contents[chain])
            if below is None or not _same(source, below / place):
                _lay(source, content / place)
        return content

    def _new_folder(self) -> Path:
        with self._lock:
            self._count += 1
            folder = Path(self._folder.name, str(self._count))
        folder.mkdir()
        return folder


def _same(one: Path, two: Path) -> bool:
    if one.is_symlink() or two.is_symlink() or not two.exists() or one.is_dir() != two.is_dir():
        return False
    return one.is_dir() or one.read_bytes() == two.read_bytes()


def _lay(source: Path, target: Path) -> None:
    """Put one file, link or directory in the place of what is there."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir(exist_ok=True)
        shutil.copymode(source, target)
    else:
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _diff_ids(config: bytes) -> tuple[str, ...]:
    return tuple(json.loads(config).get("rootfs", {}).get("diff_ids") or [])


def _unpack(layer: Path, folder: Path) -> None:
    with tarfile.open(layer) as tar:
        for member in tar:
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            stream = tar.extractfile(member)
            assert stream is not None
            target.write_bytes(stream.read())


def _digest(folder: Path) -> str:
    """A digest of a tree's names, kinds, modes and contents."""
    total = hashlib.sha256()
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *files]):
            path = Path(parent, name)
            mode = path.lstat().st_mode
            total.update(os.fsencode(path.relative_to(folder)) + f"\0{mode:o}\0".encode())
            if path.is_symlink():
                total.update(os.fsencode(os.readlink(path)))
            elif path.is_file():
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"

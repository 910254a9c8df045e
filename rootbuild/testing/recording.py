"""A backend without an engine: images are folders, and every call is written down."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rootbuild.backend import Exec, Layers, Problem, PullPolicy, StoredImage
from rootbuild.choices import Choices, Question, Way
from rootbuild.errors import ImageNotFoundError

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
    gives the exit code. `remote` are images that can be pulled, by reference. `fail_on` makes the
    nth call of a verb raise. Looking (`images`, `config`, `check`, `enter`) is not recorded.
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
        self._failures: dict[tuple[str, int], BaseException] = {}
        self._count = 0

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
            StoredImage(image, tuple(name for name, named in self._names.items() if named == image))
            for image in self._configs
        ]

    def config(self, image: str) -> bytes:
        """See the contract."""
        return self._configs[image]

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """See the contract: from `remote`."""
        self._record("pull", reference, policy, platform)
        if policy != "always" and reference in self._names:
            return self._names[reference]
        if policy == "never" or reference not in self.remote:
            raise ImageNotFoundError(f"{reference} is nowhere")
        self._names[reference] = self._keep(self.remote[reference])
        return self._names[reference]

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

    def commit(self, container: str) -> Layers:
        """See the contract. The new layer's id is computed from the whole content."""
        self._record("commit", container)
        rootfs = self.containers[container]
        diff_ids = (*self._started[container], _digest(rootfs))
        content = self._new_folder()
        shutil.copytree(rootfs, content, symlinks=True, dirs_exist_ok=True)
        self._contents[diff_ids] = content
        config = {"rootfs": {"type": "layers", "diff_ids": list(diff_ids)}, "made": self._count}
        return Layers(self._keep(json.dumps(config).encode()), diff_ids)

    def create_image(self, config: bytes) -> str:
        """See the contract. KeyError for layers that the store does not have."""
        self._record("create_image", config)
        diff_ids = _diff_ids(config)
        if diff_ids and diff_ids not in self._contents:
            raise KeyError(diff_ids)
        return self._keep(config)

    def tag(self, image: str, name: str) -> None:
        """See the contract."""
        self._record("tag", image, name)
        self._names[name] = image

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
        self.calls.append(Call(verb, arguments))
        error = self._failures.get((verb, self.verbs().count(verb)))
        if error is not None:
            raise error

    def _discard(self, container: str) -> None:
        rootfs = self.containers.pop(container, None)
        self._started.pop(container, None)
        if rootfs is not None:
            shutil.rmtree(rootfs, ignore_errors=True)

    def _keep(self, config: bytes) -> str:
        image = hashlib.sha256(config).hexdigest()
        self._configs[image] = config
        return image

    def _copy(self, diff_ids: tuple[str, ...], target: Path) -> None:
        if diff_ids in self._contents:
            shutil.copytree(self._contents[diff_ids], target, symlinks=True, dirs_exist_ok=True)

    def _new_folder(self) -> Path:
        self._count += 1
        folder = Path(self._folder.name, str(self._count))
        folder.mkdir()
        return folder


def _diff_ids(config: bytes) -> tuple[str, ...]:
    return tuple(json.loads(config).get("rootfs", {}).get("diff_ids") or [])


def _digest(folder: Path) -> str:
    """A digest of a tree's names, kinds, modes and contents."""
    total = hashlib.sha256()
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *files]):
            path = Path(parent, name)
            mode = path.lstat().st_mode
            total.update(f"{path.relative_to(folder)}\0{mode:o}\0".encode())
            if path.is_symlink():
                total.update(os.readlink(path).encode())
            elif path.is_file():
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"

"""Builds on the recording backend: no engine, no privileges, a clock that only steps move."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, TypeVar, cast

import pytest

from rootbuild.backend import Backend, Exec, StoredImage
from rootbuild.build.build import Folders, start_build
from rootbuild.build.contexts import Contexts
from rootbuild.build.memo.recall import recall
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.context.origin import Origin
from rootbuild.files import digest
from rootbuild.progress.quiet import QuietReporter
from rootbuild.progress.reporter import Reporter
from rootbuild.testing import RecordingBackend

Seen = TypeVar("Seen")

BASE = "docker.io/library/base:latest"
# COPY out of the context gives files to root, which only root can do outside of a namespace.
MINE = f"--chown={os.getuid()}:{os.getgid()}"
GIGABYTE = 1 << 30
LONG_SECONDS = 20.0
KILLED = 137


@dataclass(slots=True)
class Machine:
    """What time it is and how full the disk is: as the steps' scripts say, and nothing else.

    Each thread has a clock of its own: what a step of one stage lasts makes none of another dear.
    """

    clocks: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    used: int = 0
    stamps: itertools.count[int] = field(default_factory=itertools.count)
    stopped: threading.Event = field(default_factory=threading.Event)
    words: dict[str, threading.Event] = field(default_factory=dict)

    def fake(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: self.clocks[threading.get_ident()])
        monkeypatch.setattr(os, "statvfs", lambda _: self._status())
        # Builds of tests follow each other faster than files get old enough to be remembered.
        monkeypatch.setattr(digest, "RACY_NS", 0)

    def program(self, rootfs: Path, command: Exec, output: IO[bytes]) -> int:
        """Runs `; `-separated words.

        write FILE TEXT, stamp FILE (with a number that is new), last SECONDS, fill GIGABYTES,
        tell WORD, hear WORD (waits until it is told), wait (until the build is stopped), exit CODE.
        """
        output.write(command.argv[-1].encode())
        for part in command.argv[-1].split("; "):
            match part.split():
                case ["write", file, text]:
                    (rootfs / file).write_text(text)
                case ["stamp", file]:
                    (rootfs / file).write_text(str(next(self.stamps)))
                case ["last", seconds]:
                    self.clocks[threading.get_ident()] += float(seconds)
                case ["fill", gigabytes]:
                    self.used += int(gigabytes) * GIGABYTE
                case ["tell", word]:
                    self.word(word).set()
                case ["hear", word]:
                    assert self.word(word).wait(LONG_SECONDS), f"nobody told {word}"
                case ["wait"]:
                    assert self.stopped.wait(LONG_SECONDS), "nobody stopped the build"
                    return KILLED
                case ["exit", code]:
                    return int(code)
                case other:
                    raise AssertionError(other)
        return 0

    def word(self, word: str) -> threading.Event:
        """Set once the word is told."""
        return self.words.setdefault(word, threading.Event())

    def _status(self) -> SimpleNamespace:
        blocks = 1 << 40
        return SimpleNamespace(
            f_blocks=blocks,
            f_bfree=blocks - self.used,
            f_bavail=blocks,
            f_frsize=1,
            f_files=0,
            f_favail=0,
        )


class Listener:
    """A reporter that keeps what it is told."""

    def __init__(self, other: Reporter | None = None) -> None:
        self.told: list[tuple[object, ...]] = []
        self._other = other or QuietReporter()

    def __getattr__(self, name: str) -> Callable[..., None]:
        def tell(*arguments: object) -> None:
            self.told.append((name, *arguments))
            getattr(self._other, name)(*arguments)

        return tell


class Bystander:
    """Looks into the store as a backend does, and only notes which names it should give."""

    def __init__(self, backend: RecordingBackend) -> None:
        self._backend = backend
        self.name = backend.name
        self.tagged: list[tuple[object, ...]] = []

    def images(self) -> Sequence[StoredImage]:
        return self._backend.images()

    def tag(self, image: str, *names: str) -> None:
        self.tagged.append((image, *names))


class Engine(RecordingBackend):
    """An engine whose steps can be stopped."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine.program)
        self._machine = machine

    def stop(self) -> None:
        super().stop()
        self._machine.stopped.set()


@dataclass(slots=True)
class Site:
    """A context folder, an engine that records, and this user's folders."""

    root: Path
    machine: Machine = field(default_factory=Machine)
    backend: Engine = field(init=False)
    recalled: str | None = None

    def __post_init__(self) -> None:
        self.backend = Engine(self.machine)
        self.backend.add_image(BASE, {}, {"/etc/base": b"base"})
        self.context.mkdir(parents=True)

    @property
    def context(self) -> Path:
        return self.root / "context"

    @property
    def journals(self) -> Path:
        return self.root / "state" / "builds"

    def write(self, name: str, text: str) -> Path:
        path = self.context / name
        path.write_text(text)
        return path

    def start(
        self,
        text: str | None = None,
        *,
        inside: bool,
        context: Origin | None = None,
        stdin: bytes = b"",
        remotes: Remotes | None = None,
        reporter: Reporter | None = None,
        **options: Any,
    ) -> str | None:
        """Start a build; `calls` of the backend are only this build's afterwards.

        It goes the long way. Where the short way would have come to an image (`recalled`), every
        build asserts that it is the same one, with the same progress and names. `remotes` is what
        the other half of the build has fetched.
        """
        if text is not None:
            self.write("Dockerfile", text)
        folders = Folders(self.root / "cache", self.root / "state")
        chosen = BuildOptions(context or self.context, **options)
        short, bystander = Listener(), Bystander(self.backend)
        harmless = replace(chosen, iidfile=None)
        with contextlib.ExitStack() as stack:
            fetched = stack.enter_context(
                remotes or Remotes(folders.cache, chosen.secrets, chosen.agents)
            )
            apart = Vertices(cast(Reporter, short))
            with Contexts(harmless, folders.cache, fetched, apart, io.BytesIO(stdin)) as contexts:
                self.recalled = recall(harmless, cast(Backend, bystander), folders.cache, contexts)
            self.backend.calls.clear()
            long = Listener(reporter)
            vertices = Vertices(cast(Reporter, long), fetched.numbers)
            contexts = Contexts(chosen, folders.cache, fetched, vertices, io.BytesIO(stdin))
            stack.enter_context(contexts)
            image = start_build(chosen, self.backend, folders, contexts, inside=inside)
        if self.recalled is not None:
            named = [call.arguments for call in self.backend.calls if call.verb == "tag"]
            assert (image, long.told, named) == (self.recalled, short.told, bystander.tagged)
            assert len(named) == len(self.backend.calls)
        return image

    def build(self, text: str | None = None, **options: Any) -> str:
        """Build to the end; gives the image's id."""
        image = self.start(text, inside=True, **options)
        assert image is not None
        return image

    def scripts(self) -> list[str]:
        """The scripts that this build ran."""
        return [
            call.arguments[1].argv[-1]
            for call in self.backend.calls
            if call.verb == "run" and isinstance(call.arguments[1], Exec)
        ]

    def count(self, verb: str) -> int:
        return self.backend.verbs().count(verb)

    def committed(self) -> int:
        """How many layers this build made, that of the finished image included."""
        return self.count("commit") + self.count("finish")

    def started(self) -> list[object]:
        """The images that this build started containers from."""
        return [call.arguments[0] for call in self.backend.calls if call.verb == "start"]

    def tagged(self) -> list[object]:
        """The names that this build gave."""
        return [call.arguments[1] for call in self.backend.calls if call.verb == "tag"]

    def id_of(self, name: str) -> str | None:
        """Which image of the store has a name."""
        found = [image.id for image in self.backend.images() if name in image.names]
        return found[0] if found else None

    def config(self, image: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.backend.config(image))
        return found

    def layers(self, image: str) -> list[str]:
        """The image's diff ids; as many lines of its history are not empty."""
        config = self.config(image)
        layers: list[str] = config["rootfs"]["diff_ids"]
        told = [line for line in config["history"] if not line.get("empty_layer")]
        assert len(told) == len(layers)
        return layers

    def look(self, image: str, see: Callable[[Path], Seen]) -> Seen:
        """What can be seen in an image's root filesystem."""
        with self.backend.start(image, "look") as name, self.backend.mount(name) as rootfs:
            return see(rootfs)

    def read(self, image: str, file: str) -> str:
        """A file of an image."""
        return self.look(image, lambda rootfs: (rootfs / file).read_text())

    def clean(self) -> bool:
        """Whether no container is left and no build is written down."""
        return not self.backend.containers and not list(self.journals.iterdir())

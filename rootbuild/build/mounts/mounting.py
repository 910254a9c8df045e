"""Everything that a RUN has mounted, made before it runs and taken away after it."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.backend import Bind, Memory, Mount
from rootbuild.build.devices import Devices
from rootbuild.build.halt import Halt
from rootbuild.build.mounts.agent import StartedAgents
from rootbuild.build.mounts.bind import bind
from rootbuild.build.mounts.cache import CacheFolders, Restore, cache_bind, identity, no_restore
from rootbuild.build.mounts.memory import memory_folder
from rootbuild.build.mounts.secret import read_secret, secret_file
from rootbuild.build.mounts.ssh import find_agent, forwarded
from rootbuild.build.options import BuildOptions
from rootbuild.context.scratch import scratch
from rootbuild.errors import BuildError, unreachable
from rootbuild.files.inline import InlineFile
from rootbuild.files.selection import Selection
from rootbuild.image.config import Pairs
from rootbuild.plan.mounts.bind import BindMount
from rootbuild.plan.mounts.cache import CacheMount
from rootbuild.plan.mounts.read import RunMount, reads
from rootbuild.plan.mounts.secret import SecretMount
from rootbuild.plan.mounts.ssh import SshMount
from rootbuild.plan.mounts.tmpfs import TmpfsMount
from rootbuild.plan.run import PIPES
from rootbuild.plan.steps import RunStep
from rootbuild.records import dataclass, replace

if TYPE_CHECKING:  # most builds have no devices
    from rootbuild.cdi.spec import Edits

AGENT_VARIABLE = "SSH_AUTH_SOCK"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a RUN gets: mounts, those above others first, more variables, what devices change."""

    mounts: tuple[Mount, ...] = ()
    env: Pairs = ()
    secrets: Pairs = ()
    edits: Edits | None = None


class Mounting:
    """Makes mounts for the length of a build, for several steps at once.

    Folders for them are made when one is needed. Waiting for a cache ends when `halt` is pressed.
    """

    def __init__(
        self,
        cache: Path,
        options: BuildOptions,
        devices: Devices,
        halt: Halt,
        restore: Restore = no_restore,
    ) -> None:
        self._cache = cache
        self._secrets = options.secrets
        self._agents = options.agents
        self._devices = devices
        self._caches = CacheFolders(cache / "mounts", halt, restore)
        self._stack = contextlib.ExitStack()
        self._started = StartedAgents(self._stack, self.memory)
        self._disk: Path | None = None
        self._memory: Path | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Mounting:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def prepared(
        self, step: RunStep, selections: Sequence[Selection], *, fresh: bool
    ) -> Iterator[Prepared]:
        """The mounts of a step for the length of a block. Raises RootbuildError.

        `fresh` is for stages that use no cache: caches with a wanted owner or content begin anew.
        """
        found = iter(selections)
        contents = [next(found) if reads(mount) else None for mount in step.mounts]
        with contextlib.ExitStack() as stack:
            work = _Work(self, stack)
            pairs = list(zip(step.mounts, contents, strict=True))
            caches = [(one, two) for one, two in pairs if isinstance(one, CacheMount)]
            work.add_caches(caches, fresh=fresh)
            for mount, content in pairs:
                work.add(mount, content)
            if step.script is not None:
                work.add_script(step.script)
            yield replace(work.result(), edits=self._devices.edits(step))

    def disk(self) -> Path:
        """A folder for copies, gone with the build."""
        with self._lock:
            if self._disk is None:
                self._disk = self._stack.enter_context(scratch(self._cache / "scratch"))
            return self._disk

    def memory(self) -> Path:
        """A folder in memory, gone with the build."""
        with self._lock:
            if self._memory is None:
                self._memory = self._stack.enter_context(scratch(memory_folder()))
            return self._memory

    @property
    def caches(self) -> CacheFolders:
        """The cache mounts' folders."""
        return self._caches

    def secret(self, mount: SecretMount) -> bytes | None:
        """The value of a secret."""
        return read_secret(self._secrets, mount)

    def agent(self, mount: SshMount) -> Path | None:
        """The socket of the agent for a mount; it is started if it is one of ours."""
        agent = find_agent(self._agents, mount)
        if agent is None:
            return None
        return agent.socket or self._started.socket(agent)


class _Work:
    """The mounts of one step while they are being made."""

    def __init__(self, mounting: Mounting, stack: contextlib.ExitStack) -> None:
        self._mounting = mounting
        self._stack = stack
        self._mounts: list[Mount] = []
        self._env: list[tuple[str, str]] = []
        self._secrets: list[tuple[str, str]] = []

    def add_caches(
        self, caches: Sequence[tuple[CacheMount, Selection | None]], *, fresh: bool
    ) -> None:
        """Take hold of the caches, always in the same order: two builds never wait in a circle."""
        named = [(identity(mount, content), mount, content) for mount, content in caches]
        strictest = {"locked": 0, "private": 1, "shared": 2}
        data: dict[str, Path] = {}
        for name, mount, content in sorted(
            named, key=lambda item: (item[0], strictest[item[1].sharing])
        ):
            if name not in data:
                held = self._mounting.caches.held(name, mount, content, fresh=fresh)
                data[name] = self._stack.enter_context(held)
            shown = cache_bind(mount, data[name], content)
            self._mounts.append(self._stack.enter_context(shown))

    def add(self, mount: RunMount, content: Selection | None) -> None:
        """Make one mount."""
        match mount:
            case BindMount():
                assert content is not None
                self._mounts.append(bind(mount, content, self._folder(self._mounting.disk())))
            case TmpfsMount():
                self._mounts.append(Memory(mount.target, mount.size, mount.read_only))
            case SecretMount():
                self._add_secret(mount)
            case SshMount():
                self._add_agent(mount)
            case CacheMount():
                pass  # see add_caches
            case _:
                unreachable(mount)

    def add_script(self, script: InlineFile) -> None:
        """The program that the step brings along."""
        folder = self._folder(self._mounting.disk())
        path = folder / script.name
        path.write_bytes(script.content)
        for place in (folder, path):
            place.chmod(0o755)
        self._mounts.append(Bind(folder, PIPES))

    def result(self) -> Prepared:
        """All that was made."""
        mounts = sorted(self._mounts, key=lambda mount: mount.target)
        return Prepared(tuple(mounts), tuple(self._env), tuple(self._secrets))

    def _add_secret(self, mount: SecretMount) -> None:
        value = self._mounting.secret(mount)
        if value is None:
            return
        if mount.env is not None:
            if b"\0" in value:
                raise BuildError(f"secret {mount.id} holds a NUL, which no variable can")
            self._secrets.append((mount.env, value.decode("utf-8", "surrogateescape")))
        if mount.target is not None:
            folder = self._folder(self._mounting.memory())
            self._mounts.append(secret_file(mount, mount.target, value, folder))

    def _add_agent(self, mount: SshMount) -> None:
        agent = self._mounting.agent(mount)
        if agent is None:
            return
        folder = self._folder(self._mounting.memory())
        self._mounts.append(self._stack.enter_context(forwarded(mount, agent, folder)))
        if not self._env:
            self._env.append((AGENT_VARIABLE, mount.target))

    def _folder(self, parent: Path) -> Path:
        """An empty folder that is gone after the step."""
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))

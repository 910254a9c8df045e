"""Which steps are known already: keys computed from the plan, the context and the cache alone.

Nothing here starts a program or opens a container. What cannot be known without building (the
content that a COPY --from takes out of a stage which was never built in this shape) stays None.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from rootbuild.build.checkpoint import LayerPolicy
from rootbuild.build.remotecache.imported import Imported
from rootbuild.cache.database import Cache, Snapshot
from rootbuild.graph.stages import ContextBase, Filesystem, ImageBase, ScratchBase, StageBase
from rootbuild.plan.keys import base_key, content_key, step_key
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import Reading, RunStep, StagePlan, Step
from rootbuild.records import dataclass

ContextDigest = Callable[[Reading], str]
Claim = Callable[[str], bool]
"""Takes an image (id) for the rest of the build; False if it is gone."""


def unclaimed(_: str) -> bool:
    """Nobody removes images meanwhile, or it does no harm."""
    return True


@dataclass(frozen=True, slots=True)
class Chain:
    """A stage's keys: of the filesystem it starts from, and after each step as far as known."""

    base: str | None
    keys: tuple[str, ...]
    complete: bool

    @property
    def filesystem(self) -> str | None:
        """The key of the stage's final filesystem, if it is known."""
        if not self.complete:
            return None
        return self.keys[-1] if self.keys else self.base


class _Look(threading.local):
    """What a thread has found out since somebody asked; None while nobody asks."""

    chains: dict[int, Chain] | None = None


class _ChainNeeded(Exception):  # noqa: N818 - a question, not an error
    """The chain of another stage has to be known first."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Solver:
    """Computes key chains; asks the cache for results and the store whether they still exist.

    `fresh` are the stages that are built anew, whatever is cached. `imported` are results from
    elsewhere, which the store does not have yet. What the store has is claimed before it is given.

    Several threads may ask and tell. What is remembered of a stage's content is void from when the
    stage is begun until it is known to be as it was: one that runs steps again, as they were not
    committed, need not come out as it did before.
    """

    def __init__(
        self,
        plan: Plan,
        cache: Cache,
        live: frozenset[str],
        digest: ContextDigest,
        policy: LayerPolicy,
        fresh: frozenset[int] = frozenset(),
        imported: Imported | None = None,
        claim: Claim = unclaimed,
    ) -> None:
        self._plan = plan
        self._cache = cache
        self._live = set(live)
        self._digest = digest
        self._policy = policy
        self._fresh = fresh
        self._imported = imported or Imported()
        self._claim = claim
        self._titles: dict[str, str] = {}
        self._chains: dict[int, Chain] = {}
        self._begun: set[int] = set()
        self._built: dict[int, str] = {}
        self._renewed: set[str] = set()
        self._read: dict[str, str] = {}
        self._trusted: set[int] = set()
        self._look = _Look()
        self._lock = threading.Lock()

    def chain(self, index: int) -> Chain:
        """The keys of a stage, as far as they can be known now. Complete ones are remembered.

        Those of the stages that it takes from are found out one after another, not each within the
        other: there may be more of them than Python has room for on its stack.
        """
        look = self._look.chains
        if look is not None:
            if index not in look:
                raise _ChainNeeded(index)
            return look[index]
        pending = [index]
        look = self._look.chains = {}
        try:
            while pending:
                try:
                    look[pending[-1]] = self._chain(pending[-1])
                    pending.pop()
                except _ChainNeeded as needed:
                    pending.append(needed.index)
        finally:
            self._look.chains = None
        return look[index]

    def _chain(self, index: int) -> Chain:
        chains = self._chains
        if index in chains:
            return chains[index]
        stage = self._plan.stage(index)
        base = self._base(stage)
        keys = () if base is None else self.keys(base, stage.steps)
        chain = Chain(base, keys, complete=base is not None and len(keys) == len(stage.steps))
        if chain.complete:
            chains[index] = chain  # in vain if `begin` has taken the dictionary away meanwhile
        return chain

    def keys(self, parent: str, steps: Sequence[Step]) -> tuple[str, ...]:
        """The keys after each of some steps on top of `parent`, as far as they can be known now."""
        keys: list[str] = []
        for step in steps:
            found = self.key(keys[-1] if keys else parent, step)
            if found is None:
                break
            keys.append(found)
        return tuple(keys)

    def start(self, index: int) -> str:
        """The key of the filesystem that a stage on an image or on scratch starts from."""
        key = self._base(self._plan.stage(index))
        assert key is not None
        return key

    def filesystem_key(self, source: Filesystem) -> str | None:
        """The key of the filesystem that a COPY --from reads.

        A stage that is not to be taken from the cache has none until it is built in this build.
        """
        if isinstance(source, ImageBase):
            return base_key(self._plan.images[source].id, "")
        built = self._built.get(source.index)
        if built is not None or source.index in self._fresh:
            return built
        return self.chain(source.index).filesystem

    def key(self, parent: str, step: Step) -> str | None:
        """The key of a step's result on top of `parent`, if it can be known now."""
        contents = [self.content(reading) for reading in step.readings]
        known = [content for content in contents if content is not None]
        if len(known) < len(contents):
            return None
        return step_key(parent, step.definition, "\n".join(known))

    def link_key(self, step: Step) -> str | None:
        """As `key`, for the layer of a linked copy, which is the same on top of anything."""
        return self.key("link", step)

    def snapshot(self, key: str) -> Snapshot | None:
        """The cached result for a key, if the store still has it and its layers are as wanted.

        Failing that, one from elsewhere, which `Supply` brings.
        """
        found = self._cache.step(key)
        if found is None or not self._there(found.layers.image):
            found = self._imported.snapshot(key)
        if found is None:
            return None
        return found if self._policy == "auto" or set(found.groups) <= {1} else None

    def _there(self, image: str) -> bool:
        """Whether the store has an image, and will have it until the build ends."""
        if image not in self._live:
            return False
        if self._claim(image):
            return True
        self._live.discard(image)
        return False

    def lost(self, key: str) -> Literal["gone", "merged"] | None:
        """Why `snapshot` gives nothing though there was a result once; None if there was none."""
        found = self._cache.step(key)
        if found is None:
            return None
        return "gone" if found.layers.image not in self._live else "merged"

    def has_run(self, stage: StagePlan) -> bool:
        """Whether no RUN of a stage has to be done, as what it has made is known."""
        runs = [at for at, step in enumerate(stage.steps) if isinstance(step, RunStep)]
        if not runs or stage.index in self._fresh:
            return not runs
        keys = self.chain(stage.index).keys[runs[-1] :]
        return any(self.snapshot(key) is not None for key in keys)

    def remember(self, key: str, snapshot: Snapshot) -> None:
        """Note the result of a step that was just committed."""
        self._live.add(snapshot.layers.image)
        self._cache.remember_step(key, snapshot, self._titles.get(key, ""))

    def call(self, key: str, title: str) -> None:
        """Note how progress calls the step with a key, which may be remembered later."""
        self._titles[key] = title

    def known(self) -> list[str]:
        """The keys of all steps, as far as they were found out."""
        return [key for chain in list(self._chains.values()) for key in chain.keys]

    def begin(self, stages: Iterable[int]) -> None:
        """Note that stages are going to be built. Chains that rely on their content are void."""
        with self._lock:
            new = set(stages) - self._begun
            self._begun |= new
            if not new.isdisjoint(self._trusted):
                self._chains = {}

    def built(self, index: int, key: str, *, renewed: bool) -> None:
        """Note the key of a stage's final filesystem as it really is in this build.

        `renewed` says that steps were run for it.
        """
        with self._lock:
            self._built[index] = key
            if renewed:
                self._renewed.add(key)

    def remember_content(self, filesystem: str, reading: Reading, digest: str) -> None:
        """Note what a step takes from elsewhere, as it was read just now."""
        key = content_key(filesystem, reading.marks)
        self._read[key] = digest
        self._cache.remember_content(key, digest)

    def content(self, reading: Reading) -> str | None:
        """The digest of what a step takes, if it can be known now."""
        if reading.source is None or isinstance(reading.source, ContextBase):
            return self._digest(reading)
        filesystem = self.filesystem_key(reading.source)
        if filesystem is None:
            return None
        key = content_key(filesystem, reading.marks)
        if key in self._read:
            return self._read[key]
        if not self._trust(reading.source, filesystem):
            return None
        known = self._cache.content(key)
        if known is None and key in self._imported.contents:
            known = self._imported.contents[key]
            self._cache.remember_content(key, known)
        return known

    def _trust(self, source: Filesystem, filesystem: str) -> bool:
        """Whether what is remembered of a source's content is what it will be in this build."""
        if isinstance(source, ImageBase):
            return True
        index = source.index
        with self._lock:
            if filesystem in self._renewed or (index in self._begun and index not in self._built):
                return False
            self._trusted.add(index)
            return True

    def _base(self, stage: StagePlan) -> str | None:
        match stage.base:
            case StageBase():
                return self.filesystem_key(stage.base)
            case ImageBase():
                return base_key(self._plan.images[stage.base].id, stage.platform)
            case ScratchBase() | ContextBase():
                return base_key(None, stage.platform)

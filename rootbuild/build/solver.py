"""Which steps are known already: keys computed from the plan, the context and the cache alone.

Nothing here starts a program or opens a container. What cannot be known without building (the
content that a COPY --from takes out of a stage which was never built in this shape) stays None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rootbuild.build.checkpoint import LayerPolicy
from rootbuild.cache.database import Cache, Snapshot
from rootbuild.graph.stages import ContextBase, Filesystem, ImageBase, ScratchBase, StageBase
from rootbuild.plan.keys import base_key, content_key, step_key
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import Reading, RunStep, StagePlan, Step

ContextDigest = Callable[[Reading], str]


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


class Solver:
    """Computes key chains; asks the cache for results and the store whether they still exist.

    `fresh` are the stages that are built anew, whatever is cached.
    """

    def __init__(
        self,
        plan: Plan,
        cache: Cache,
        live: frozenset[str],
        digest: ContextDigest,
        policy: LayerPolicy,
        fresh: frozenset[int] = frozenset(),
    ) -> None:
        self._plan = plan
        self._cache = cache
        self._live = set(live)
        self._digest = digest
        self._policy = policy
        self._fresh = fresh
        self._chains: dict[int, Chain] = {}
        self._built: dict[int, str] = {}

    def chain(self, index: int) -> Chain:
        """The keys of a stage, as far as they can be known now. Complete ones are remembered."""
        known = self._chains.get(index)
        if known is not None:
            return known
        chain = self._compute(self._plan.stage(index))
        if chain.complete:
            self._chains[index] = chain
        return chain

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
        if source.index in self._built:
            return self._built[source.index]
        return None if source.index in self._fresh else self.chain(source.index).filesystem

    def key(self, parent: str, step: Step) -> str | None:
        """The key of a step's result on top of `parent`, if it can be known now."""
        contents = [self._content(reading) for reading in step.readings]
        known = [content for content in contents if content is not None]
        if len(known) < len(contents):
            return None
        return step_key(parent, step.definition, "\n".join(known))

    def link_key(self, step: Step) -> str | None:
        """As `key`, for the layer of a linked copy, which is the same on top of anything."""
        return self.key("link", step)

    def snapshot(self, key: str) -> Snapshot | None:
        """The cached result for a key, if the store still has it and its layers are as wanted."""
        found = self._cache.step(key)
        if found is None or found.layers.image not in self._live:
            return None
        return found if self._policy == "auto" or set(found.groups) <= {1} else None

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
        self._cache.remember_step(key, snapshot)

    def remember_content(self, filesystem: str, reading: Reading, digest: str) -> None:
        """Note what a step takes from elsewhere. It may be new: keys computed with it are void.

        A stage that ran again, as it was not committed, need not come out as it did before.
        """
        self._cache.remember_content(content_key(filesystem, reading.marks), digest)
        self._chains.clear()

    def built(self, index: int, key: str) -> None:
        """Note the key of a stage's final filesystem as it really is in this build."""
        self._built[index] = key

    def _content(self, reading: Reading) -> str | None:
        if reading.source is None or isinstance(reading.source, ContextBase):
            return self._digest(reading)
        filesystem = self.filesystem_key(reading.source)
        if filesystem is None:
            return None
        return self._cache.content(content_key(filesystem, reading.marks))

    def _compute(self, stage: StagePlan) -> Chain:
        base = self._base(stage)
        if base is None:
            return Chain(None, (), complete=False)
        keys: list[str] = []
        parent = base
        for step in stage.steps:
            found = self.key(parent, step)
            if found is None:
                return Chain(base, tuple(keys), complete=False)
            keys.append(found)
            parent = found
        return Chain(base, tuple(keys), complete=True)

    def _base(self, stage: StagePlan) -> str | None:
        match stage.base:
            case StageBase():
                return self.filesystem_key(stage.base)
            case ImageBase():
                return base_key(self._plan.images[stage.base].id, stage.platform)
            case ScratchBase() | ContextBase():
                return base_key(None, stage.platform)

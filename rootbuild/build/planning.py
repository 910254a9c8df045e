"""Planning a build: its base images found or pulled, and one plan for all its platforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rootbuild.backend import Backend
from rootbuild.build.bases import Pulled, Puller, find_bases, pull_bases
from rootbuild.build.devices import Devices
from rootbuild.build.fresh import fresh_stages
from rootbuild.build.options import BuildOptions
from rootbuild.build.store import Store
from rootbuild.build.triggers import Bases, Images, settle
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.dockerfile.instructions import Dockerfile
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.graph.triggers import Triggers
from rootbuild.image.config import ImageConfig
from rootbuild.image.platform import Platform, build_platform
from rootbuild.plan.merge import merge
from rootbuild.plan.plan import Plan, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.records import dataclass

Distant = Callable[[Sequence[ImageBase], Pulled, Puller], Images]
"""Of some images those that are known without being in the store, and come when needed."""

_LookFor = Callable[[Platform, StageGraph, Images], Images]


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of a build, and the stages in it that are built whatever is cached (`fresh`).

    `configs` are those of the images that it starts from, by their names in the Dockerfile.
    """

    plan: Plan
    fresh: frozenset[int]
    configs: dict[str, ImageConfig]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans a parsed Dockerfile. `created` is SOURCE_DATE_EPOCH."""

    dockerfile: Dockerfile
    graphs: tuple[StageGraph, ...]
    options: BuildOptions
    backend: Backend
    vertices: Vertices
    cache: Cache
    store: Store
    created: int | None

    def at_hand(self) -> Planned | None:
        """The plan, if all images that it takes are in the store. Starts nothing."""
        found = self._settled(self._at_hand)
        return self._planned(found) if all(bases.complete for bases in found) else None

    def with_pulled(self, distant: Distant) -> Planned:
        """The plan, for which missing images are pulled, but for those that are `distant`.

        Raises RootbuildError.
        """
        images = self.store.by_name.items()
        names = {name: image.id for name, image in images if not image.instances}
        return self._planned(self._settled(partial(self._with_pulled, names, distant)))

    def _settled(self, look: _LookFor) -> list[Bases]:
        return [
            settle(
                graph,
                partial(resolved, self.dockerfile, self.options, platform),
                partial(look, platform),
            )
            for platform, graph in zip(platforms(self.options), self.graphs, strict=True)
        ]

    def _at_hand(self, platform: Platform, graph: StageGraph, known: Images) -> Images:
        return self._find(platform, graph, known)[0]

    def _with_pulled(
        self,
        names: dict[str, str],
        distant: Distant,
        platform: Platform,
        graph: StageGraph,
        known: Images,
    ) -> Images:
        found, missing = self._find(platform, graph, known)
        puller = Puller(
            names,
            self.store,
            self.backend,
            self.options.pull,
            self._pulled(platform),
            self.vertices,
        )
        away = distant(missing, self._pulled(platform), puller)
        left = [image for image in missing if image not in away]
        return {**found, **away, **pull_bases(graph, left, puller)}

    def _find(
        self, platform: Platform, graph: StageGraph, known: Images
    ) -> tuple[Images, tuple[ImageBase, ...]]:
        pulled = self._pulled(platform)
        return find_bases(graph, self.store, self.backend, self.options.pull, pulled, known)

    def _pulled(self, platform: Platform) -> Pulled:
        return Pulled(self.cache, platform)

    def _planned(self, settled: list[Bases]) -> Planned:
        options = self.options
        plans = [
            (str(platform), self._plan(platform, bases))
            for platform, bases in zip(platforms(options), settled, strict=True)
        ]
        merged = merge(plans)
        fresh = frozenset(
            numbers[index]
            for (_, plan), numbers in zip(plans, merged.numbers, strict=True)
            for index in fresh_stages(plan, options.no_cache_stages, everything=options.no_cache)
        )
        configs = {
            str(image): base.config for bases in settled for image, base in bases.images.items()
        }
        return Planned(merged.plan, fresh, configs)

    def _plan(self, platform: Platform, bases: Bases) -> Plan:
        options = self.options
        plan = plan_build(
            bases.graph,
            bases.images,
            PlanOptions(
                build_args=options.build_args,
                network=options.network,
                hosts=options.hosts,
                labels=options.labels,
                platform=platform,
                platform_given=bool(options.platforms),
                allow=options.allow,
                limits=options.limits,
                security=options.security,
                created=self.created,
            ),
        )
        Devices(options).check(plan, self.dockerfile.source)
        return plan


def platforms(options: BuildOptions) -> tuple[Platform, ...]:
    """What images are made for: this host, if nothing else was asked for."""
    return options.platforms or (build_platform(),)


def resolved(
    dockerfile: Dockerfile,
    options: BuildOptions,
    platform: Platform,
    triggers: Triggers | None = None,
) -> StageGraph:
    """The stages for a platform, with what base images trigger as far as it is known.

    Raises DockerfileError.
    """
    return resolve(
        dockerfile,
        build_args=options.build_args,
        build=build_platform(),
        target_platform=platform,
        target=options.target,
        triggers=triggers,
        contexts=options.contexts,
    )

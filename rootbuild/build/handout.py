"""What becomes of the results of a build: images with names, and whatever else was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.attest.options import NONE
from rootbuild.backend import Backend
from rootbuild.build.execute import WRITING, Parts, State
from rootbuild.build.export import Exporter, Exports, Made
from rootbuild.build.inputs import Source
from rootbuild.build.options import BuildOptions
from rootbuild.build.planning import Planned, platforms
from rootbuild.build.remotecache.journey import Journey
from rootbuild.build.remotes import Remotes
from rootbuild.build.solver import ContextDigest
from rootbuild.build.store import Store
from rootbuild.build.told import forget_forms, report_image, show_image, whole_names
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.graph.stages import StageBase
from rootbuild.plan.keys import key
from rootbuild.plan.plan import Plan, base_layers
from rootbuild.records import dataclass, replace

if TYPE_CHECKING:  # most builds leave an image in the store, and nothing else
    from rootbuild.attest.statement import Attestation
    from rootbuild.build.deliver import Delivery


@dataclass(frozen=True, slots=True)
class Handout:
    """Makes images of what was built, and writes and pushes what was asked for.

    `room` is a folder for what has to lie somewhere meanwhile, `state` that of notes, `started` is
    when the build began, `created` SOURCE_DATE_EPOCH.
    """

    options: BuildOptions
    source: Source
    backend: Backend
    cache: Cache
    store: Store
    vertices: Vertices
    remotes: Remotes
    journey: Journey
    room: Path
    state: Path
    started: float
    created: int | None

    @property
    def attests(self) -> bool:
        """Whether anything is attested, and anybody will know of it."""
        return self.options.attest != NONE and not self.options.wanted.usual

    @property
    def names(self) -> tuple[str, ...]:
        """The whole names that were asked for."""
        return whole_names(self.options.wanted.store_names(self.options.tags))

    def exports(self, plan: Plan, digest: ContextDigest) -> Exports:
        """What knows and makes the images of a plan."""
        exporter = Exporter(
            self.backend,
            self.cache,
            self.store,
            self.options.layers,
            self.created,
            self.journey.supply.imported,
            self.journey.inline(plan, digest),
        )
        return Exports(exporter, plan)

    def export(self, parts: Parts, planned: Planned, states: Sequence[State]) -> Made | None:
        """Deliver all; gives the images with their names, None if files alone are wanted."""
        wanted, plan = self.options.wanted, parts.plan

        def root(target: int) -> Path:
            state = states[plan.targets.index(target)]
            return parts.spaces[StageBase(target)].result(state.key, state.layers).path

        attested: list[tuple[Attestation, ...]] = [()] * len(plan.targets)
        if self.attests:
            attested = self._attested(plan, root)
        if wanted.files:
            self._files([root(target) for target in plan.targets], attested)
        made = self._images(parts, planned, states) if wanted.image else None
        return self.deliver(made, attested)

    def finished(self, plan: Plan, made: Made) -> Made:
        """Images that are there: their dates rewritten if that is wanted, their names given."""
        if self.options.wanted.rewrite:
            made = self._rewritten(plan, made)
        show_image(self.vertices, self.backend, self.store, made.id, self.names)
        forget_forms(self.state, self.backend, self.names)
        return made

    def deliver(
        self, made: Made | None, attested: Sequence[tuple[Attestation, ...]] = ()
    ) -> Made | None:
        """Hand out what is more than images in the store."""
        if self.options.wanted.usual:
            return made
        from rootbuild.build.deliver import Result

        images = made.images if made else ()
        told = attested or [()] * len(images)
        results = [Result(*each) for each in zip(images, told, strict=False)]
        digest = self._delivery().finish(results, made.id if made else "")
        return made and replace(made, told=digest)

    def _images(self, parts: Parts, planned: Planned, states: Sequence[State]) -> Made:
        plan, rewrite = parts.plan, self.options.wanted.rewrite
        exports = self.exports(plan, parts.context.digest)
        fresh = not planned.fresh.isdisjoint(plan.targets)
        made = None if fresh else exports.known([state.key for state in states])
        if made is not None or rewrite:
            return self.finished(plan, made or exports.create(parts, states, ()))
        with self.vertices.open("exporting to image") as vertex:
            vertex.gauge(WRITING, parts.spaces[StageBase(plan.targets[-1])].moved)
            made = exports.create(parts, states, self.names)
            report_image(vertex, made.id, self.names)
        forget_forms(self.state, self.backend, self.names)
        return made

    def _rewritten(self, plan: Plan, made: Made) -> Made:
        delivery = self._delivery()
        images = tuple(
            delivery.dated(image, base_layers(plan, target))
            for image, target in zip(made.images, plan.targets, strict=True)
        )
        if len(images) == 1 or images == made.images or not self.names:
            return Made(images[0] if images != made.images else made.id, images)
        remembered = key("index", *images)
        index = self.cache.image(remembered)
        if index not in self.store.ids or index is None:
            index = self.backend.create_index(images, self.names)
            self.cache.remember_image(remembered, index)
        return Made(index, images)

    def _attested(self, plan: Plan, root: Callable[[int], Path]) -> list[tuple[Attestation, ...]]:
        from rootbuild.build.provenance.attest import Attestor

        attestor = Attestor(
            self.options.attest,
            self.options,
            self.source,
            self.backend,
            self.remotes,
            self.vertices,
            self.started,
            self.created,
        )
        return attestor.attest(plan, root)

    def _files(self, roots: Sequence[Path], attested: Sequence[tuple[Attestation, ...]]) -> None:
        from rootbuild.build.deliver import Root

        delivery, found = self._delivery(), []
        for path, platform, each in zip(roots, platforms(self.options), attested, strict=True):
            files = {}
            if each:
                from rootbuild.build.provenance.attest import beside

                files = dict(beside(each, path))
            found.append(Root(path, platform, files))
        delivery.files(found)

    def _delivery(self) -> Delivery:
        from rootbuild.build.deliver import Delivery
        from rootbuild.outputs.noted import Notes

        return Delivery(
            self.options.wanted,
            self.options.tags,
            platforms(self.options),
            self.backend,
            self.cache,
            self.vertices,
            self.created,
            self.room,
            Notes(self.state, self.backend.images),
        )

"""A build from beginning to end.

It runs twice at most. Outside of the user namespace it plans, and if every step is known it is
finished there. Else the same command is started again inside of the engine's user namespace, where
containers can be mounted and files given any owner, and does the rest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.bases import find_bases, pull_bases
from rootbuild.build.context import ContextFiles
from rootbuild.build.execute import Executor, Parts
from rootbuild.build.export import Exporter
from rootbuild.build.inputs import Source, find_context, parse_dockerfile, read_dockerfile
from rootbuild.build.journal import clean_up_after_killed, open_journal
from rootbuild.build.memo.remember import Notebook, open_notebook
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.names import titles
from rootbuild.build.options import BuildOptions
from rootbuild.build.solver import Solver
from rootbuild.build.store import Store, read_store
from rootbuild.build.told import clear_iidfile, report_image, show_head, whole_names, write_iidfile
from rootbuild.build.vertices import Vertices
from rootbuild.build.warnings import show_known_warnings, show_warnings
from rootbuild.cache.database import Cache, open_cache
from rootbuild.cache.files import FileDigests
from rootbuild.errors import DockerfileError
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.image.platform import build_platform, parse_platform
from rootbuild.plan.plan import BaseImage, Plan, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.progress.reporter import Reporter


@dataclass(frozen=True, slots=True)
class Folders:
    """Where this user's cache and the notes of running builds are kept, on the host."""

    cache: Path
    state: Path


@dataclass(frozen=True, slots=True)
class Build:
    """One build: what was asked for, and the parts that do it.

    `inside` tells whether we are in the engine's namespace, where containers can be mounted.
    """

    options: BuildOptions
    backend: Backend
    folders: Folders
    vertices: Vertices
    inside: bool

    def run(self) -> str | None:
        """Build, tag, write the iidfile; gives the image's id (hex).

        None means that there is work to do, and that it must be done inside the namespace.
        Raises RootbuildError.
        """
        if self.options.iidfile is not None:
            clear_iidfile(self.options.iidfile)
        source = read_dockerfile(self.options)
        try:
            graph = self._graph(source)
        except DockerfileError:
            show_known_warnings(self.vertices, self.options, source)
            raise
        notebook = open_notebook(self.options, source, self.backend)
        with open_cache(self.folders.cache / "cache.db") as cache:
            session = Session(self, source, graph, cache, read_store(self.backend), notebook)
            image = session.known()
            if image is None and self.inside:
                image = session.build()
        if image is not None and self.options.iidfile is not None:
            write_iidfile(self.options.iidfile, image)
        return image

    def _graph(self, source: Source) -> StageGraph:
        build = build_platform()
        target = build if self.options.platform is None else parse_platform(self.options.platform)
        return resolve(
            parse_dockerfile(source),
            build_args=self.options.build_args,
            build=build,
            target_platform=target,
            target=self.options.target,
        )


@dataclass(frozen=True, slots=True)
class Session:
    """A build whose Dockerfile is parsed, with the cache open and the store's index read."""

    build_: Build
    source: Source
    graph: StageGraph
    cache: Cache
    store: Store
    notebook: Notebook

    def known(self) -> str | None:
        """The image's id if nothing has to be built; it is tagged then."""
        options = self.build_.options
        found, missing = find_bases(self.graph, self.store, self.build_.backend, options.pull)
        if missing:
            return None
        plan = self._plan(found)
        with self._context() as context:
            solver = self._solver(plan, context)
            filesystem = solver.chain(plan.target).filesystem
        if options.no_cache or filesystem is None:
            return None
        image = self._exporter().known(filesystem, plan.stage(plan.target).config)
        if image is None:
            return None
        self._show_head(plan)
        warnings = self._show_warnings(found)
        for name in titles(plan):
            self.build_.vertices.cached(name)
        self._finish(image)
        self._note(plan, solver, context, warnings, image)
        return image

    def build(self) -> str:
        """Do what is not cached; gives the id of the image, which is tagged then."""
        options, backend, vertices = self.build_.options, self.build_.backend, self.build_.vertices
        found, missing = find_bases(self.graph, self.store, backend, options.pull)
        with contextlib.ExitStack() as stack:
            journals = self.build_.folders.state / "builds"
            clean_up_after_killed(journals, backend.sweep)
            journal = stack.enter_context(open_journal(journals))
            stack.enter_context(backend.session())
            pulled = pull_bases(self.graph, missing, backend, options.pull, vertices)
            images = {**found, **pulled}
            plan = self._plan(images)
            self._show_head(plan)
            warnings = self._show_warnings(images)
            context = stack.enter_context(self._context())
            solver = self._solver(plan, context)
            mounting = Mounting(
                self.build_.folders.cache, options.secrets, options.agents, fresh=options.no_cache
            )
            executor = stack.enter_context(
                Executor(
                    Parts(
                        plan,
                        self.graph.dockerfile.source,
                        backend,
                        solver,
                        context,
                        journal,
                        stack.enter_context(mounting),
                        vertices,
                        policy=options.layers,
                        use_cache=not options.no_cache,
                    )
                )
            )
            built = executor.build(plan.target)
            config = plan.stage(plan.target).config
            exporter = self._exporter()
            image = None if options.no_cache else exporter.known(built.key, config)
            if image is None:
                image = exporter.create(built, config)
            self._finish(image)
            self._note(plan, solver, context, warnings, image)
        return image

    def _plan(self, images: dict[ImageBase, BaseImage]) -> Plan:
        options = self.build_.options
        return plan_build(
            self.graph,
            images,
            PlanOptions(
                build_args=options.build_args,
                network=options.network,
                hosts=options.hosts,
                labels=options.labels,
                platform=options.platform or str(build_platform()),
                allow=options.allow,
            ),
        )

    @contextlib.contextmanager
    def _context(self) -> Iterator[ContextFiles]:
        with find_context(self.build_.options, self.source) as tree:
            yield ContextFiles(tree, FileDigests(self.cache), self.graph.dockerfile.source)

    def _solver(self, plan: Plan, context: ContextFiles) -> Solver:
        policy = self.build_.options.layers
        return Solver(plan, self.cache, self.store.ids, context.digest, policy)

    def _exporter(self) -> Exporter:
        return Exporter(self.build_.backend, self.cache, self.store, self.build_.options.layers)

    def _show_head(self, plan: Plan) -> None:
        names = dict.fromkeys(base.name for base in plan.images.values())
        show_head(self.build_.vertices, self.source.name, len(self.source.data), names)

    def _show_warnings(self, images: Mapping[ImageBase, BaseImage]) -> tuple[str, ...]:
        configs = {image.reference: found.config for image, found in images.items()}
        return show_warnings(
            self.build_.vertices, self.build_.options, self.source, self.graph.dockerfile, configs
        )

    def _finish(self, image: str) -> None:
        build = self.build_
        names = whole_names(build.options.tags)
        report_image(build.vertices, build.backend, self.store, image, names)

    def _note(
        self,
        plan: Plan,
        solver: Solver,
        context: ContextFiles,
        warnings: tuple[str, ...],
        image: str,
    ) -> None:
        """Remember the whole build, if the next one just like it would have nothing to do."""
        filesystem = solver.chain(plan.target).filesystem
        config = plan.stage(plan.target).config
        if filesystem and self._exporter().remembered(filesystem, config) == image:
            shown = (warnings, titles(plan))
            self.notebook.note(plan, self.cache, context.known, shown, image)


def start_build(
    options: BuildOptions, backend: Backend, folders: Folders, reporter: Reporter, *, inside: bool
) -> str | None:
    """Run a build; gives the image's id, or None if it has to go on inside the namespace."""
    whole_names(options.tags)  # what is wrong with them is said before anything is done
    return Build(options, backend, folders, Vertices(reporter), inside).run()

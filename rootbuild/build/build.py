"""A build from beginning to end.

It runs twice at most. Outside of the user namespace it plans, and if every step is known it is
finished there. Else a fork of the process joins the engine's user namespace, where containers can
be mounted and files given any owner, plans again and does the rest.
"""

from __future__ import annotations

import time

from rootbuild.attest.options import NONE, UNKEPT
from rootbuild.backend import Backend
from rootbuild.build.arguments import argument_warnings
from rootbuild.build.contexts import Contexts
from rootbuild.build.frontend import check_frontend
from rootbuild.build.ground import Folders as Folders
from rootbuild.build.ground import Ground
from rootbuild.build.handout import Handout
from rootbuild.build.inputs import Source, parse_dockerfile, read_dockerfile
from rootbuild.build.memo.remember import open_notebook
from rootbuild.build.options import BuildOptions
from rootbuild.build.planning import Planner, platforms, resolved
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.journey import Journey
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.session import Session
from rootbuild.build.store import Store, read_store
from rootbuild.build.told import clear_iidfile, whole_names, write_iidfile
from rootbuild.build.warnings import show_known_warnings
from rootbuild.cache.database import Cache, open_cache
from rootbuild.errors import DockerfileError
from rootbuild.plan.epoch import source_date_epoch
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Build:
    """One build, from its Dockerfile to its results."""

    ground: Ground

    def run(self) -> str | None:
        """Build, tag, hand out what was asked for; gives the image's id (hex), or nothing of one.

        None means that there is work to do, and that it must be done inside the namespace.
        Raises RootbuildError.
        """
        started, ground, options = time.time(), self.ground, self.ground.options
        if options.iidfile is not None:
            clear_iidfile(options.iidfile)
        source = read_dockerfile(options, ground.contexts)
        remarks = self._remarks(source)
        try:
            dockerfile = parse_dockerfile(source)
            graphs = tuple(resolved(dockerfile, options, each) for each in platforms(options))
            created = source_date_epoch(graphs[0], options.build_args)
        except DockerfileError:
            show_known_warnings(ground.vertices, options, source)
            raise
        notebook = open_notebook(options, source, ground.backend)
        with open_cache(ground.folders.cache / "cache.db") as cache:
            store = read_store(ground.backend)
            journey = self._journey(cache, store)
            parts = (ground.backend, ground.vertices, cache, store, created)
            planner = Planner(dockerfile, graphs, options, *parts)
            handout = self._handout(source, planner, journey, started)
            session = Session(ground, source, remarks, planner, notebook, journey, handout)
            made = session.run()
        if made is not None and options.iidfile is not None:
            write_iidfile(options.iidfile, made.told.removeprefix("sha256:") or made.id)
        return None if made is None else made.id

    def _journey(self, cache: Cache, store: Store) -> Journey:
        ground, folder = self.ground, self.ground.folders.cache
        ending = Ending(ground.contexts.remotes.halt, ground.contexts.remotes.lines)
        supply = Supply(ground.backend, cache, folder, ground.vertices, ending, store.ids)
        return Journey(ground.options, ground.backend, cache, folder, ground.vertices, supply)

    def _handout(
        self, source: Source, planner: Planner, journey: Journey, started: float
    ) -> Handout:
        ground = self.ground
        return Handout(
            ground.options,
            source,
            ground.backend,
            planner.cache,
            planner.store,
            ground.vertices,
            ground.contexts.remotes,
            journey,
            ground.folders.cache / "scratch",
            ground.folders.state,
            started,
            planner.created,
        )

    def _remarks(self, source: Source) -> tuple[str, ...]:
        """What is not done as it was asked for, though the build can go on."""
        options = self.ground.options
        frontend = check_frontend(source, options.build_args)
        found = [frontend] if frontend else []
        if options.attest != NONE and options.wanted.usual:
            found.append(UNKEPT)
        return (*found, *argument_warnings(options.build_args))


def start_build(
    options: BuildOptions,
    backend: Backend,
    folders: Folders,
    contexts: Contexts,
    *,
    inside: bool,
    due: bool = False,
) -> str | None:
    """Run a build; gives the image's id, or None if it has to go on inside the namespace.

    `contexts` is the same for both halves; `due` says that the first has found something to do.
    Raises RootbuildError.
    """
    whole_names(options.tags)  # what is wrong with them is said before anything is done
    ground = Ground(options, backend, folders, contexts.vertices, contexts, inside, due)
    return Build(ground).run()

"""CDI devices of steps: looked up when the first step asks for one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from rootbuild.build.options import BuildOptions
from rootbuild.errors import BuildError, RootbuildError
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import RunStep

if TYPE_CHECKING:  # most builds have no devices
    from rootbuild.cdi.registry import Registry
    from rootbuild.cdi.spec import Edits

DEVICE = "device"


class Devices:
    """The devices of a build's steps, as far as the command line allows them."""

    def __init__(self, options: BuildOptions) -> None:
        self._everything = DEVICE in options.allow
        self._grants = options.devices

    def check(self, plan: Plan, source: str) -> None:
        """Raise BuildError, located in `source`, if a step of the plan asks for what it cannot get.

        This does not depend on whether the step's result is known.
        """
        if self._everything:
            return
        for stage in plan.stages:
            for step in stage.steps:
                if isinstance(step, RunStep) and step.devices:
                    try:
                        self.edits(step)
                    except RootbuildError as error:
                        error.locate(step.location, source)
                        raise

    def edits(self, step: RunStep) -> Edits | None:
        """What a step's devices change, None if it has none. Raises BuildError."""
        if not step.devices:
            return None
        from rootbuild.cdi.choose import choose, edits

        found = edits(
            choose(self._registry, step.devices, self._grants, everything=self._everything)
        )
        if found.unknown:
            raise BuildError(
                f"a device asks for {', '.join(found.unknown)}, which steps cannot have",
                id="device-edits",
            )
        for mount in found.mounts:
            if not mount.source.exists():
                raise BuildError(
                    f"a device asks for {mount.source}, which this host does not have",
                    id="device-edits",
                )
        return found

    @functools.cached_property
    def _registry(self) -> Registry:
        from rootbuild.cdi.registry import folders, load

        return load(folders())

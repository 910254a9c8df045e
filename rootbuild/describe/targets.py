"""The stages of a file as `--call=targets` lists them."""

from __future__ import annotations

from rootbuild.describe.texts import Json, columns, encoded, filled, place, rendered
from rootbuild.errors import unreachable
from rootbuild.graph.stages import (
    SCRATCH,
    Base,
    ContextBase,
    ImageBase,
    ScratchBase,
    StageBase,
    StageGraph,
)
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Targets:
    """A listing of stages."""

    graph: StageGraph

    def text(self) -> str:
        """Names and descriptions; stages without a name cannot be asked for."""
        rows = [("TARGET", "DESCRIPTION")]
        for stage in self.graph.stages:
            name = (stage.start.name or "").lower()
            last = stage.index == self.graph.target
            if name or last:
                shown = " ".join(filter(None, (name, "(default)" if last else "")))
                rows.append((shown, stage.start.comment))
        return columns(rows)

    def json(self) -> str:
        """BuildKit's `result.json`."""
        targets: list[Json] = [
            filled(
                name=(stage.start.name or "").lower(),
                default=stage.index == self.graph.target,
                description=stage.start.comment,
                base=self._base(stage.base),
                platform=stage.platform,
                location=place(stage.start.location),
            )
            for stage in self.graph.stages
        ]
        return rendered({"targets": targets, "sources": [encoded(self.graph.dockerfile.source)]})

    def _base(self, base: Base) -> str:
        match base:
            case ImageBase():
                return base.reference
            case ScratchBase():
                return SCRATCH
            case ContextBase():
                return base.name
            case StageBase():
                return (self.graph.stages[base.index].start.name or str(base.index)).lower()
            case _:
                unreachable(base)

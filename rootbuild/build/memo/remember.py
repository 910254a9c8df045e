"""A memo is made of a build that was looked at in full, whether or not it had anything to do."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.backend import Backend
from rootbuild.build.inputs import Source
from rootbuild.build.memo.memo import Answer, Base, Memo, Taken, fingerprint, memo_key
from rootbuild.build.options import BuildOptions
from rootbuild.cache.database import Cache
from rootbuild.graph.stages import ImageBase, ScratchBase, StageBase
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, Reading, RunStep, WorkdirStep
from rootbuild.records import dataclass

_STEPS = (RunStep, CopyStep, WorkdirStep)
_BASES = (ImageBase, ScratchBase, StageBase)
_SOURCES = (type(None), ImageBase, StageBase)


@dataclass(frozen=True, slots=True)
class Notebook:
    """Where a build is remembered: opened when it begins, written to when it is over.

    `key` is None for a build that is not to be remembered; `text` is its fingerprint else.
    """

    source: Source
    key: str | None
    text: str

    def note(
        self,
        plan: Plan,
        cache: Cache,
        taken: Mapping[Reading, str],
        shown: tuple[tuple[str, ...], tuple[str, ...]],
        image: str,
    ) -> None:
        """Remember that a build has come to `image`, and what is `shown` of it: warnings, steps.

        `cache` knows what it was asked for the plan's keys, `taken` are the context's digests. What
        the user changed while the build went on is not remembered.
        """
        if self.key is None or not can_be_listed(plan):
            return
        if fingerprint(self.source) != self.text:
            return
        warnings, steps = shown
        memo = Memo(
            text=self.text,
            bases=tuple(
                Base(image.reference, found.name, found.id) for image, found in plan.images.items()
            ),
            answers=tuple(Answer(*asked, value) for asked, value in cache.answers.items()),
            taken=tuple(
                Taken(reading.paths, reading.exact, reading.parents, reading.excludes, digest)
                for reading, digest in taken.items()
            ),
            warnings=warnings,
            steps=steps,
            image=image,
        )
        text = memo.dump()
        if cache.memo(self.key) != text:  # a build with nothing to do writes nothing
            cache.remember_memo(self.key, text)


def open_notebook(options: BuildOptions, source: Source, backend: Backend) -> Notebook:
    """Look at what a build is about to read. Raises ContextError."""
    key = memo_key(options, backend)
    return Notebook(source, key, "" if key is None else fingerprint(source))


def can_be_listed(plan: Plan) -> bool:
    """Whether a memo can say all that the plan depends on: new kinds of things it cannot."""
    return all(
        type(stage.base) in _BASES
        and all(
            type(step) in _STEPS
            and all(_at_hand(reading) for reading in step.readings)
            and not (isinstance(step, RunStep) and step.devices)
            for step in stage.steps
        )
        for stage in plan.stages
    )


def _at_hand(reading: Reading) -> bool:
    return type(reading.source) in _SOURCES and reading.remote is None

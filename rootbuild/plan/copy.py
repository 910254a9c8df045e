"""COPY and ADD: their step, and how history shows them."""

from __future__ import annotations

from rootbuild.dockerfile.ignore import Matcher
from rootbuild.dockerfile.instructions import Add, Copy
from rootbuild.files.inline import InlineFile
from rootbuild.files.mode import parse_chmod
from rootbuild.graph.stages import Source
from rootbuild.plan.remote import remote_sources
from rootbuild.plan.shown import shown
from rootbuild.plan.state import StageState
from rootbuild.plan.steps import CopyStep
from rootbuild.plan.words import Words


def plan_copy(
    state: StageState,
    copy: Copy | Add,
    source: Source | None,
    words: Words,
    created: int | None = None,
) -> tuple[StageState, CopyStep]:
    """The state after a COPY or ADD, and its step.

    Raises DockerfileError for sources that it cannot have, ContextError for a malformed --exclude,
    BuildError for a --chmod that is no mode.
    """
    sources = words.all(copy.sources)
    checksum = words.maybe(copy.checksum) if isinstance(copy, Add) else None
    remotes = remote_sources(copy, sources, checksum)
    Matcher(copy.excludes)
    chmod = words.maybe(copy.chmod)
    if chmod:
        parse_chmod(chmod)
    step = CopyStep(
        location=copy.location,
        title=shown(copy.text, words),
        source=source,
        sources=sources,
        inline=_inline(copy, words),
        destination=words.one(copy.destination),
        workdir=state.workdir,
        chown=words.maybe(copy.chown),
        chmod=chmod,
        parents=isinstance(copy, Copy) and copy.parents,
        excludes=copy.excludes,
        link=copy.link and not chmod,
        unpack=isinstance(copy, Add) and copy.unpack is not False,
        remotes=remotes,
        unpack_remotes=isinstance(copy, Add) and copy.unpack is True,
        created=created,
    )
    name = "ADD" if isinstance(copy, Add) else "COPY"
    return state.with_history(_history(step, name), layer=True), step


def _inline(copy: Copy | Add, words: Words) -> tuple[InlineFile, ...]:
    return tuple(
        InlineFile(doc.name, (words.raw(doc.content) if doc.expand else doc.content).encode())
        for doc in copy.heredocs
    )


def _history(step: CopyStep, name: str) -> str:
    shown = [
        name,
        *(["--parents"] if step.parents else []),
        *([f"--chown={step.chown}"] if step.chown else []),
        *([f"--chmod={step.chmod}"] if step.chmod else []),
        *step.sources,
        *(f"<<{file.name}" for file in step.inline),
        step.destination,
        "# buildkit",
    ]
    return " ".join(shown)

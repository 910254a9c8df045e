"""A step against the runs that are remembered of its stage -> what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rootbuild.build.explain.reason import Reason
from rootbuild.build.explain.record import StageRecord, StepRecord
from rootbuild.dockerfile.quote import quoted
from rootbuild.files.inventory import Difference, differences

MOST_FILES = 5

Facts = dict[str, str]
Inventories = Callable[[str], bytes | None]


def compare(
    now: StageRecord,
    planned: Sequence[Facts],
    remembered: Sequence[StageRecord],
    places: Sequence[str],
    kept: Inventories,
) -> Iterator[Reason]:
    """Why the last step of `now` has another key than any that is remembered.

    `planned` are the facts of all steps of the stage, also of those that follow; `places` names
    what the step takes its contents from; `kept` finds inventories by digest.
    """
    if not remembered:
        yield Reason("first")
        return
    before = max(remembered, key=lambda record: _alike(now, record))
    match = _counterpart(now, planned, before)
    own = [Reason("new-step")] if match is None else [*_own(now.steps[-1], match, places, kept)]
    yield from [*own, *_below(now, before)] or [Reason("other")]


def _alike(one: StageRecord, other: StageRecord) -> int:
    """How many steps are the same at the same place."""
    return sum(first.same(second) for first, second in zip(one.steps, other.steps, strict=False))


def _counterpart(
    now: StageRecord, planned: Sequence[Facts], before: StageRecord
) -> StepRecord | None:
    """The step that was what the last one of `now` is: an equal one, or else the nearest alike.

    Not one that there still is, before or after the new one.
    """
    step, position = now.steps[-1], len(now.steps) - 1
    places = range(len(before.steps))
    found = [at for at in places if before.steps[at].facts == step.facts] or [
        at
        for at in places
        if before.steps[at].kind == step.kind and before.steps[at].facts not in planned
    ]
    nearest = min(found, key=lambda at: abs(at - position), default=None)
    return None if nearest is None else before.steps[nearest]


def _own(
    step: StepRecord, before: StepRecord, places: Sequence[str], kept: Inventories
) -> Iterator[Reason]:
    for name in dict.fromkeys([*before.facts, *step.facts]):
        was, is_ = before.facts.get(name, ""), step.facts.get(name, "")
        if was != is_:
            yield Reason("fact", name, was, is_)
    if len(before.contents) == len(step.contents):
        for place, was, is_ in zip(places, before.contents, step.contents, strict=True):
            if was != is_:
                yield from _files(place, kept(was), kept(is_))


def _files(place: str, before: bytes | None, after: bytes | None) -> Iterator[Reason]:
    found = [] if before is None or after is None else list(differences(before, after))
    for difference in found[:MOST_FILES]:
        yield _file(place, difference)
    if len(found) > MOST_FILES:
        yield Reason("more-files", place, after=str(len(found) - MOST_FILES))
    elif not found:
        yield Reason("content", place)


def _file(place: str, difference: Difference) -> Reason:
    subject = f"{quoted(difference.path)[1:-1]} ({place})"
    match difference.kind:
        case "new":
            return Reason("file", subject, "", "new")
        case "gone":
            return Reason("file", subject, "old", "")
        case "content":
            return Reason("file", subject, "old", "new")
        case "attributes":
            return Reason("mode", subject, _mode(difference.before), _mode(difference.after))


def _mode(attributes: str) -> str:
    """Mode and owner; before them, in octal, is what kind of file it is."""
    return " ".join(attributes.split()[1:])


def _below(now: StageRecord, before: StageRecord) -> Iterator[Reason]:
    """What differs below the step: the first earlier step, or what the stage starts from."""
    keys = {step.key for step in before.steps}
    below = now.steps[:-1]
    if (below and below[-1].key in keys) or (not below and now.start == before.start):
        return
    if now.start != before.start:
        yield from _base(now.base, before.base)
        return
    changed = next((step for step in below if step.key not in keys), None)
    if changed is not None:
        yield Reason("earlier-step", changed.title)


def _base(now: dict[str, str], before: dict[str, str]) -> Iterator[Reason]:
    differ = [name for name in now if now[name] != before.get(name)]
    for name in differ:
        subject = now["image"] if name == "id" else f"the {name} that it starts from"
        yield Reason("base", subject, before.get(name, ""), now[name])
    if not differ:
        yield Reason("content", f"the stage {now.get('stage', '')}, from which it starts,")

"""A target -> the words of the build that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rootbuild.bake import entries
from rootbuild.bake.failure import BakeError
from rootbuild.bake.rights import dockerfile
from rootbuild.bake.select import LINK, Selection, is_remote
from rootbuild.bake.target import Target
from rootbuild.records import dataclass, replace

_LISTS = {
    "tags": "tag",
    "annotations": "annotation",
    "no-cache-filter": "no-cache-filter",
    "ulimits": "ulimit",
    "entitlements": "allow",
}
_PAIRS = {"args": "build-arg", "labels": "label", "extra-hosts": "add-host"}
_ENTRIES = ("attest", "cache-from", "cache-to", "output", "secret", "ssh")
_TEXTS = ("target", "network", "shm-size", "call")
_SWITCHES = ("no-cache", "pull")


@dataclass(frozen=True, slots=True)
class Link:
    """A target that another one's context is, for one of its platforms if it has several."""

    target: str
    platform: str = ""


def options(target: Target) -> Iterator[str]:
    """The options of `buildx build` for a target, but for its contexts."""
    if not target.text("dockerfile-inline"):
        name = target.text("dockerfile", "Dockerfile")
        yield f"--file={name if is_remote(target.text('context')) else dockerfile(target)}"
    for field, option in _LISTS.items():
        yield from (f"--{option}={value}" for value in target.texts(field))
    for field, option in _PAIRS.items():
        yield from (f"--{option}={key}={value}" for key, value in target.pairs(field).items())
    for field in _ENTRIES:
        yield from (f"--{field}={entries.write(field, e)}" for e in target.entries(field))
    for field in _TEXTS:
        if target.text(field):
            yield f"--{field}={target.text(field)}"
    for field in _SWITCHES:
        if target.switch(field):
            yield f"--{field}"
    if target.texts("platforms"):
        yield f"--platform={','.join(target.texts('platforms'))}"


def context_options(
    target: Target, selection: Selection, images: Mapping[Link, str]
) -> Iterator[str]:
    """Its `--build-context` options; `images` are the ids of the targets that it needs."""
    for name, place in target.pairs("contexts").items():
        if not place.startswith(LINK):
            yield f"--build-context={name}={place.removeprefix('cwd://')}"
            continue
        for link in links(selection.targets[place.removeprefix(LINK)]):
            suffix = f"::{link.platform}" if link.platform else ""
            yield f"--build-context={name}{suffix}=docker-image://{images[link]}"


def links(target: Target) -> list[Link]:
    """What a target is for those that it is a context of: an image for each platform."""
    platforms = target.texts("platforms")
    if len(platforms) < 2:
        return [Link(target.name)]
    return [Link(target.name, platform) for platform in platforms]


def bare(target: Target, link: Link) -> Target:
    """A target as others need it: an image in the store, and nothing besides."""
    left_out = ("output", "tags", "cache-to", "attest")
    fields = {name: value for name, value in target.fields.items() if name not in left_out}
    if link.platform:
        fields["platforms"] = [link.platform]
    return replace(target, fields=fields)


def ordered(selection: Selection) -> list[Target]:
    """All targets, those that others need first, else by their names."""
    done: dict[str, Target] = {}

    def visit(name: str) -> None:
        if name in done:
            return
        for place in selection.targets[name].pairs("contexts").values():
            if place.startswith(LINK):
                visit(place.removeprefix(LINK))
        done[name] = selection.targets[name]

    for name in sorted(selection.targets):
        visit(name)
    return list(done.values())


def needed(targets: Iterable[Target]) -> set[str]:
    """The names of those that others need."""
    return {
        place.removeprefix(LINK)
        for target in targets
        for place in target.pairs("contexts").values()
        if place.startswith(LINK)
    }


def check(target: Target) -> None:
    """Refuse what cannot be built. Raises BakeError."""
    if target.text("context") == "-":
        raise BakeError("context from stdin not allowed in bake")
    if target.text("dockerfile") == "-":
        raise BakeError("dockerfile from stdin not allowed in bake")

"""A definition and names -> the targets that are built, whole."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from rootbuild.bake.failure import BakeError
from rootbuild.bake.overrides import Overrides, put
from rootbuild.bake.target import Definition, Group, Target, sanitize
from rootbuild.records import dataclass, replace

DEFAULT = "default"
LINK = "target:"
_REMOTE = re.compile(r"(https?|git|ssh)://|git@|github\.com/")


@dataclass(frozen=True, slots=True)
class Selection:
    """Targets and groups by their names; those that others need come with them."""

    targets: dict[str, Target]
    groups: dict[str, Group]


def select(names: Sequence[str], definition: Definition, overrides: Overrides) -> Selection:
    """What is asked for. Raises BakeError."""
    wanted = _matching([sanitize(name) for name in names or (DEFAULT,)], definition)
    resolver = _Resolver(definition, overrides)
    targets: dict[str, Target] = {}
    groups: dict[str, Group] = {}
    for name in wanted:
        found, above = _members(name, definition, ())
        for each in found:
            targets.setdefault(each, resolver.whole(each))
        for group in above:
            groups.setdefault(group.name, group)
    _add_default(wanted, groups)
    for name in list(targets):
        _link(name, targets, resolver, ())
    return Selection(targets, groups)


def _matching(names: Sequence[str], definition: Definition) -> list[str]:
    found: dict[str, None] = {}
    known = definition.names
    for name in names:
        if not any(letter in name for letter in "*?[]"):
            found[name] = None
            continue
        matching = [each for each in known if fnmatchcase(each, name)]
        if not matching:
            raise BakeError(f'could not find any target matching "{name}"')
        found.update(dict.fromkeys(matching))
    return list(found)


def _members(
    name: str, definition: Definition, above: tuple[str, ...]
) -> tuple[list[str], list[Group]]:
    """The targets below a name, and the groups on the way."""
    group = definition.group(name)
    if group is None or name in above:
        return ([name] if group is None else []), []
    targets: dict[str, None] = {}
    groups = [group]
    for each in group.targets:
        inner, more = _members(each, definition, (*above, name))
        targets.update(dict.fromkeys(inner))
        groups += more
    return list(targets), groups


def _add_default(wanted: Sequence[str], groups: dict[str, Group]) -> None:
    """There is always a group `default`, of what was asked for."""
    for name in wanted:
        if name == DEFAULT and DEFAULT in groups:
            continue
        known = groups.get(DEFAULT, Group(DEFAULT, ()))
        groups[DEFAULT] = replace(known, targets=(*known.targets, name))
    if DEFAULT in groups:
        known = groups[DEFAULT]
        groups[DEFAULT] = replace(known, targets=tuple(sorted(set(known.targets))))


def _link(
    name: str, targets: dict[str, Target], resolver: _Resolver, above: tuple[str, ...]
) -> None:
    """Add the targets that a target's contexts are."""
    for value in targets[name].pairs("contexts").values():
        if not value.startswith(LINK):
            continue
        other = value.removeprefix(LINK)
        if other == name:
            raise BakeError(f"target {other} cannot link to itself")
        if other in above:
            raise BakeError(f"infinite loop from {name} to {other}")
        if other not in targets:
            cache_only = resolver.whole(other).having(output=[{"type": "cacheonly"}])
            targets[other] = replace(cache_only, linked=True)
        _link(other, targets, resolver, (*above, name))
        targets[name] = _with_rights(targets[name], targets[other])


def _with_rights(target: Target, other: Target) -> Target:
    ours, theirs = target.texts("platforms"), other.texts("platforms")
    if len(ours) > 1 and len(theirs) > 1 and not set(ours) <= set(theirs):
        raise BakeError(
            f"target {other.name} can't be used by {target.name} because its platforms "
            f"{' '.join(ours)} are not a subset of {' '.join(theirs)}"
        )
    rights = dict.fromkeys((*target.texts("entitlements"), *other.texts("entitlements")))
    return target.having(entitlements=[*rights]) if rights else target


class _Resolver:
    """Targets with what they inherit, and with the overrides."""

    def __init__(self, definition: Definition, overrides: Overrides) -> None:
        self._definition = definition
        self._overrides = overrides
        self._known: dict[str, Target | None] = {}

    def whole(self, name: str) -> Target:
        """A target as it is built. Raises BakeError."""
        found = self._inherited(name)
        assert found is not None
        fields = {key: value for key, value in found.fields.items() if key != "inherits"}
        fields["context"] = _clean(found.text("context", "."))
        fields["dockerfile"] = found.text("dockerfile") or "Dockerfile"
        return replace(found, fields=fields)

    def _inherited(self, name: str) -> Target | None:
        """None while it is being resolved: a target that inherits itself takes nothing of it."""
        if name in self._known:
            return self._known[name]
        target = self._definition.target(name)
        if target is None:
            raise self._missing(name)
        self._known[name] = None
        base = Target(name)
        for other in target.texts("inherits"):
            found = self._inherited(other)
            if found is not None:
                base = found.over(base)
        whole = target.over(base)
        whole = put(whole, self._overrides.get(name, ())).normal()
        self._known[name] = whole
        return whole

    def _missing(self, name: str) -> BakeError:
        from rootbuild.dockerfile.suggest import nearest

        known = self._definition.names
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(sorted(known))}"
        return BakeError(f"failed to find target {name}", id="no-such-target", hint=hint)


def is_remote(place: str) -> bool:
    """Whether it is a URL rather than a folder."""
    return _REMOTE.match(place) is not None


def _clean(context: str) -> str:
    """A folder's shortest name."""
    if is_remote(context):
        return context
    return posixpath.normpath(os.fspath(context.removeprefix("cwd://")) or ".")

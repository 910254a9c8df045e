"""Rules about the instructions of a stage, which depend on what stands in front of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from rootbuild.dockerfile.expand import ExpandError, expand_words
from rootbuild.dockerfile.ignore import Matcher
from rootbuild.dockerfile.instructions import (
    Add,
    AnyInstruction,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Workdir,
)
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.sensitive import sensitive
from rootbuild.errors import Location
from rootbuild.lint.names import keyword
from rootbuild.lint.rules import Warning, warning
from rootbuild.lint.scope import Build, Scope
from rootbuild.lint.variables import undefined_variables

_REMOTE = re.compile(r"https?://|git://|ssh://|git@", re.I)

Check = Callable[[AnyInstruction, Scope, Build], Iterator[Warning]]


def instruction_rules(
    instruction: AnyInstruction, scope: Scope, build: Build, ignored: Matcher | None
) -> Iterator[Warning]:
    """All warnings about one instruction; `scope` is what is known in front of it.

    `ignored` is the ignore file, None if there is none that can tell.
    """
    for check in _CHECKS:
        yield from check(instruction, scope, build)
    if ignored is not None:
        yield from _copied_ignored(instruction, scope, build, ignored)


def repeated_rules(instructions: Iterable[AnyInstruction]) -> Iterator[Warning]:
    """Instructions of which a stage has several, though only the last one counts."""
    earlier: dict[type[AnyInstruction], Location] = {}
    for instruction in instructions:
        if not isinstance(instruction, Cmd | Entrypoint | Healthcheck):
            continue
        kind = type(instruction)
        if kind in earlier:
            message = (
                f"Multiple {keyword(instruction)} instructions should not be used in the same "
                "stage because only the last one will be used"
            )
            yield warning("MultipleInstructionsDisallowed", message, earlier[kind])
        earlier[kind] = instruction.location


def _json_args(instruction: AnyInstruction, scope: Scope, build: Build) -> Iterator[Warning]:
    if isinstance(instruction, Cmd | Entrypoint) and instruction.command.shell:
        if scope.own_shell:
            return
        message = (
            f"JSON arguments recommended for {keyword(instruction)} to prevent unintended behavior "
            "related to OS signals"
        )
        yield warning("JSONArgsRecommended", message, instruction.location)


def _workdir(instruction: AnyInstruction, scope: Scope, build: Build) -> Iterator[Warning]:
    if not isinstance(instruction, Workdir) or scope.anchored:
        return
    path = scope.expanded(instruction.path, build)
    if not path.startswith("/"):
        message = (
            f"Relative workdir {quoted(path)} can have unexpected results if the base image changes"
        )
        yield warning("WorkdirRelativePath", message, instruction.location)


def _legacy(instruction: AnyInstruction, scope: Scope, build: Build) -> Iterator[Warning]:
    if isinstance(instruction, Env | Label) and instruction.legacy:
        name = keyword(instruction)
        message = f'"{name} key=value" should be used instead of legacy "{name} key value" format'
        yield warning("LegacyKeyValueFormat", message, instruction.location)


def _secrets(instruction: AnyInstruction, scope: Scope, build: Build) -> Iterator[Warning]:
    if not isinstance(instruction, Arg | Env):
        return
    kind = "ARG" if isinstance(instruction, Arg) else "ENV"
    for pair in instruction.pairs:
        key = scope.expanded(pair.key, build)
        if sensitive(key):
            message = (
                f"Do not use ARG or ENV instructions for sensitive data ({kind} {quoted(key)})"
            )
            yield warning("SecretsUsedInArgOrEnv", message, instruction.location)


def _expose(instruction: AnyInstruction, scope: Scope, build: Build) -> Iterator[Warning]:
    if not isinstance(instruction, Expose):
        return
    for port in _ports(instruction, scope, build):
        mapping, _, container = port.rpartition(":")
        protocol = container.partition("/")[2]
        if protocol != protocol.lower():
            message = f"Defined protocol '{port}' in EXPOSE instruction should be lowercase"
            yield warning("ExposeProtoCasing", message, instruction.location)
        if mapping:
            message = (
                "EXPOSE instruction should not define an IP address or host-port mapping, found "
                f"'{port}'"
            )
            yield warning("ExposeInvalidFormat", message, instruction.location)


def _ports(expose: Expose, scope: Scope, build: Build) -> Iterator[str]:
    for word in expose.ports:
        try:
            yield from expand_words(word, scope.env, escape=build.escape)
        except ExpandError:
            continue


def _copied_ignored(
    instruction: AnyInstruction, scope: Scope, build: Build, ignored: Matcher
) -> Iterator[Warning]:
    if not isinstance(instruction, Copy | Add):
        return
    if isinstance(instruction, Copy) and instruction.from_ is not None:
        return
    verb = "Copy" if isinstance(instruction, Copy) else "Add"
    for word in instruction.sources:
        source = scope.expanded(word, build)
        path = posixpath.normpath(source)
        if _REMOTE.match(source):
            continue
        if ignored.ignored(path.lstrip("/")) or (path in ("/", ".") and ignored.everything):
            message = f"Attempting to {verb} file {quoted(path)} that is excluded by .dockerignore"
            yield warning("CopyIgnoredFile", message, instruction.location)


_CHECKS: tuple[Check, ...] = (
    undefined_variables,
    _json_args,
    _workdir,
    _legacy,
    _secrets,
    _expose,
)

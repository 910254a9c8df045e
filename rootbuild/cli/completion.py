"""`completion bash|zsh|fish`: scripts that ask us what may follow, by the hidden `__complete`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from rootbuild.backend import Runtime
from rootbuild.cli import builders, registry, rows
from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag
from rootbuild.cli.help import GLOBAL_FLAGS
from rootbuild.cli.parse import Parsed
from rootbuild.cli.run import PULL
from rootbuild.errors import RootbuildError, UsageError
from rootbuild.image import reference
from rootbuild.runtimes import choose_runtime

_BASH = """\
_PROGRAM() {
    local IFS=$'\\n' word=${COMP_WORDS[COMP_CWORD]}
    local -a before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
    COMPREPLY=($(PROGRAM __complete "${before[@]}" "$word" 2>/dev/null | cut -f1))
}
complete -o default -o bashdefault -F _PROGRAM PROGRAM
"""
_ZSH = """\
#compdef PROGRAM
_PROGRAM() {
    local -a found
    found=("${(@f)$(PROGRAM __complete "${(@)words[2,CURRENT]}" 2>/dev/null |
        sed 's/:/\\\\:/g; s/\\t/:/')}")
    if [ -n "${found[1]}" ]; then _describe PROGRAM found; else _files; fi
}
if [ "$funcstack[1]" = _PROGRAM ]; then _PROGRAM "$@"; else compdef _PROGRAM PROGRAM; fi
"""
_FISH = """\
function __PROGRAM_complete
    set -l words (commandline -opc) (commandline -ct)
    PROGRAM __complete $words[2..-1] 2>/dev/null
end
complete -c PROGRAM -a '(__PROGRAM_complete)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}

# What the arguments of commands are, by the word that names them in the usage line.
_CONTAINER, _IMAGE, _NETWORK, _VOLUME = "CONTAINER", "IMAGE", "NETWORK", "VOLUME"

_ON_BUILDERS = frozenset(("buildx", verb) for verb in ("inspect", "rm", "stop", "use"))
# What options may be given.
_KNOWN = {
    "progress": ("auto", "plain", "quiet", "rawjson", "tty"),
    "pull": PULL,
    "restart": ("always", "no", "on-failure", "unless-stopped"),
}


def script(parsed: Parsed) -> int:
    """Print the script for a shell. Raises UsageError for others."""
    shell = parsed.args[0]
    if shell not in SCRIPTS:
        known = ", ".join(SCRIPTS)
        raise UsageError(f"no completion for {shell}", hint=f"one of: {known}", exit_code=1)
    return rows.write(SCRIPTS[shell].replace("PROGRAM", parsed.program))


def complete(parsed: Parsed) -> int:
    """Print what may take the place of the last word: a line each, a tab before what it is."""
    *before, word = parsed.args or ("",)
    word = "" if word == "=" else word  # bash splits there
    for name, about in candidates(before, word):
        if name.startswith(word):
            rows.write(f"{name}\t{about}\n" if about else f"{name}\n")
    return 0


def candidates(before: Sequence[str], word: str) -> Iterator[tuple[str, str]]:
    """All that may follow, with what it is."""
    words = _behind_globals(before)
    if words is None:
        return
    if words[:1] == ["help"]:
        yield from _names(words[1:])
        return
    found = registry.find_command(words)
    if found is not None:
        yield from _of_command(found[0], words[len(found[1]) :], word)
    elif word.startswith("-") and not words:
        yield from _flags(GLOBAL_FLAGS)
    else:
        yield from _names(words)


def _behind_globals(before: Sequence[str]) -> list[str] | None:
    """The words behind the options in front of the command; None where one lacks its value."""
    words = [word for word in before if word != "="]  # see `complete`
    while words and words[0].startswith("-"):
        name, equals, _ = words.pop(0).partition("=")
        flag = _flag(GLOBAL_FLAGS, name)
        if flag is not None and flag.alone is None and not equals:
            if not words:
                return None
            words.pop(0)
    return words


def _of_command(command: Command, before: Sequence[str], word: str) -> Iterator[tuple[str, str]]:
    """What may follow behind a command's name and the words `before`."""
    flags = tuple(command.all_flags())
    count, pending = 0, None
    for each in before:
        if pending is not None:
            pending = None
        elif each.startswith("-") and (command.interspersed or count == 0):
            pending = _lacking(flags, each)
        else:
            count += 1
    name, equals, _ = word.partition("=")
    if pending is not None:
        yield from _values(command, pending)
    elif count and not command.interspersed:
        return  # the words of another program
    elif equals and name.startswith("--"):
        flag = _flag(flags, name)
        for value, about in _values(command, flag) if flag is not None else ():
            yield f"{name}={value}", about
    elif word.startswith("-"):
        yield from _flags(flags)
    else:
        yield from _things(command)


def _lacking(flags: Sequence[Flag], word: str) -> Flag | None:
    """The option whose value comes with the next word."""
    if word.startswith("--"):
        found = None if "=" in word else _flag(flags, word)
    else:
        found = _flag(flags, f"-{word[-1]}")
        # The value is glued on where an earlier letter takes one.
        if any(_takes_value(_flag(flags, f"-{letter}")) for letter in word[1:-1]):
            return None
    return found if _takes_value(found) else None


def _takes_value(flag: Flag | None) -> bool:
    return flag is not None and flag.alone is None


def _flag(flags: Sequence[Flag], name: str) -> Flag | None:
    """The option that is written like that."""
    for flag in flags:
        if name in (f"--{flag.name}", f"-{flag.short}", *(f"--{other}" for other in flag.aliases)):
            return flag
    return None


def _values(command: Command, flag: Flag) -> Iterator[tuple[str, str]]:
    """What an option may be given, where that is known."""
    if flag.name == "network" and command.path[0] == "container":
        yield from ((name, "") for name in ("bridge", "host", "none"))
        yield from _listed(lambda runtime: ((name, "") for _, name in runtime.networks()))
    yield from ((value, "") for value in _KNOWN.get(flag.name, ()))


def _names(before: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The commands and groups below what was typed."""
    group = registry.find_group(before) if before else None
    if before and (group is None or len(before) > len(group.path)):
        return
    size = len(before) + 1
    shown = {name[-1]: c.summary for c in registry.commands() if not c.hidden for name in c.names
             if len(name) == size and name[:-1] == tuple(before)}  # fmt: skip
    shown.update({g.path[-1]: g.summary for g in registry.groups_below(before) if not g.hidden})
    yield from sorted(shown.items())


def _flags(flags: Sequence[Flag]) -> Iterator[tuple[str, str]]:
    for flag in flags:
        if not flag.hidden:
            yield f"--{flag.name}", flag.help
            if flag.short:
                yield f"-{flag.short}", flag.help


def _things(command: Command) -> Iterator[tuple[str, str]]:
    """What the command's arguments may be: known words, or names that the engine knows."""
    if command.path == ("completion",):
        yield from ((shell, "") for shell in SCRIPTS)
    elif command.path in _ON_BUILDERS:
        yield from ((name, "") for name in builders.read().names)
    else:
        yield from _listed(lambda runtime: _named(command, runtime))


def _listed(ask: Callable[[Runtime], Iterable[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    """What the engine knows; nobody wants to read about what goes wrong while typing."""
    with contextlib.suppress(RootbuildError):
        yield from list(ask(choose_runtime()))


def _named(command: Command, runtime: Runtime) -> Iterator[tuple[str, str]]:
    usage = f"{command.usage} ".replace("[", " ").replace(":", " ").split()
    every = command.path == ("inspect",)
    if every or _CONTAINER in usage:
        for container in runtime.containers():
            yield from ((name, container.status) for name in container.names)
    if every or _IMAGE in usage or "SOURCE_IMAGE" in usage:
        for image in runtime.images():
            yield from ((reference.familiar(name), "") for name in image.names)
    if every or (_NETWORK in usage and command.path[-1] != "create"):
        yield from ((name, "") for _, name in runtime.networks())
    if every or (_VOLUME in usage and command.path[-1] != "create"):
        yield from ((volume.name, "") for volume in runtime.volumes())

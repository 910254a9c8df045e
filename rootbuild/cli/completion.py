"""`completion bash|zsh|fish`: scripts that ask us what may follow, by the hidden `__complete`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.backend import Runtime
from rootbuild.cli import registry, rows
from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag
from rootbuild.cli.parse import Parsed
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
compdef _PROGRAM PROGRAM
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
    for name, about in candidates(before, word):
        if name.startswith(word):
            rows.write(f"{name}\t{about}\n" if about else f"{name}\n")
    return 0


def candidates(before: Sequence[str], word: str) -> Iterator[tuple[str, str]]:
    """All that may follow, with what it is."""
    found = registry.find_command(before)
    if found is None:
        yield from _names(before)
        return
    command, _ = found
    if word.startswith("-"):
        yield from _flags(command)
    elif not _wants_value(command, before[-1]):
        yield from _things(command)


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


def _flags(command: Command) -> Iterator[tuple[str, str]]:
    for flag in command.all_flags():
        if not flag.hidden:
            yield f"--{flag.name}", flag.help
            if flag.short:
                yield f"-{flag.short}", flag.help


def _wants_value(command: Command, last: str) -> bool:
    flag: Flag | None = None
    if last.startswith("--"):
        flag = command.flag(last[2:])
    elif last.startswith("-"):
        flag = command.short_flag(last[-1])
    return flag is not None and flag.alone is None


def _things(command: Command) -> Iterator[tuple[str, str]]:
    """Names of what the command's arguments are, if the engine knows them."""
    usage = f"{command.usage} ".replace("[", " ").replace(":", " ").split()
    try:
        runtime = choose_runtime()
        if _CONTAINER in usage:
            yield from _containers(runtime)
        if _IMAGE in usage or "SOURCE_IMAGE" in usage:
            for image in runtime.images():
                yield from ((reference.familiar(name), "") for name in image.names)
        if _NETWORK in usage and command.path[-1] != "create":
            yield from ((name, "") for _, name in runtime.networks())
        if _VOLUME in usage and command.path[-1] != "create":
            yield from ((volume.name, "") for volume in runtime.volumes())
    except RootbuildError:
        return  # nobody wants to read about that while typing


def _containers(runtime: Runtime) -> Iterator[tuple[str, str]]:
    for container in runtime.containers():
        yield from ((name, container.status) for name in container.names)

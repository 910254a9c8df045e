"""Typed instructions of a Dockerfile, as data.

Each class's comment shows the syntax that it models. Words are as the Dockerfile has them, with
nothing expanded: expansion needs the environment of a stage, which `plan/` knows.
Source of the semantics: BuildKit's frontend/dockerfile reference.
"""

from __future__ import annotations

from rootbuild.errors import Location
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: `[fd]<<[-]NAME`, its body with line ends, and how it is to be treated."""

    name: str
    content: str
    expand: bool
    chomp: bool
    fd: int


@dataclass(frozen=True, slots=True)
class Pair:
    """`key=value` as written, quotes included."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ArgPair:
    """`key` or `key=value`; a bare key has no value at all, which differs from an empty one.

    `comment` describes the key, if a comment above the instruction does.
    """

    key: str
    value: str | None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """What RUN, CMD, ENTRYPOINT and HEALTHCHECK start.

    `shell` true: `args` holds one string for the SHELL. False: the exec form, an argv.
    """

    args: tuple[str, ...]
    shell: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """What all instructions have: where they stand, and their text joined to one line."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class From(Instruction):
    """FROM [--platform=PLATFORM] IMAGE [AS NAME]"""

    image: str
    platform: str | None = None
    name: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Arg(Instruction):
    """ARG KEY[=DEFAULT] [KEY[=DEFAULT]...]"""

    pairs: tuple[ArgPair, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Env(Instruction):
    """ENV KEY=VALUE [KEY=VALUE...] | ENV KEY VALUE (legacy)"""

    pairs: tuple[Pair, ...]
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class Label(Instruction):
    """LABEL KEY=VALUE [KEY=VALUE...] | LABEL KEY VALUE (legacy)"""

    pairs: tuple[Pair, ...]
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class Run(Instruction):
    """RUN [--mount=...]... [--network=...] [--security=...] [--device=...]... COMMAND | ["argv"...]

    For the shell form with heredocs `command` holds the first line only; the bodies are in
    `heredocs`. `mounts` and `devices` hold the flags' values as written.
    """

    command: Command
    heredocs: tuple[Heredoc, ...] = ()
    mounts: tuple[str, ...] = ()
    network: str | None = None
    security: str | None = None
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cmd(Instruction):
    """CMD COMMAND | ["argv"...]"""

    command: Command


@dataclass(frozen=True, slots=True)
class Entrypoint(Instruction):
    """ENTRYPOINT COMMAND | ["argv"...]"""

    command: Command


@dataclass(frozen=True, slots=True)
class Copy(Instruction):
    """COPY [--from=S] [--chown=O] [--chmod=M] [--link] [--parents] [--exclude=P]... SRC... DEST

    A source that is a heredoc is in `heredocs`, not in `sources`.
    """

    sources: tuple[str, ...]
    destination: str
    heredocs: tuple[Heredoc, ...] = ()
    from_: str | None = None
    chown: str | None = None
    chmod: str | None = None
    link: bool = False
    parents: bool = False
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Add(Instruction):
    """ADD [--chown --chmod --link --checksum --keep-git-dir --unpack --exclude] SRC... DEST"""

    sources: tuple[str, ...]
    destination: str
    heredocs: tuple[Heredoc, ...] = ()
    chown: str | None = None
    chmod: str | None = None
    link: bool = False
    checksum: str | None = None
    keep_git_dir: bool | None = None
    unpack: bool | None = None
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expose(Instruction):
    """EXPOSE PORT[-PORT][/PROTO]..."""

    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workdir(Instruction):
    """WORKDIR PATH"""

    path: str


@dataclass(frozen=True, slots=True)
class User(Instruction):
    """USER USER[:GROUP]"""

    user: str


@dataclass(frozen=True, slots=True)
class Volume(Instruction):
    """VOLUME PATH... | ["PATH"...]"""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shell(Instruction):
    """SHELL ["argv"...]"""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopSignal(Instruction):
    """STOPSIGNAL SIGNAL"""

    signal: str


@dataclass(frozen=True, slots=True)
class Healthcheck(Instruction):
    """HEALTHCHECK [--interval --timeout --start-period --start-interval --retries] CMD ... | NONE

    `test` is None for NONE. Durations are nanoseconds, 0 where the flag is absent.
    """

    test: Command | None
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Onbuild(Instruction):
    """ONBUILD INSTRUCTION; `expression` is the trigger as it is stored in the image."""

    expression: str


@dataclass(frozen=True, slots=True)
class Maintainer(Instruction):
    """MAINTAINER NAME (deprecated)"""

    name: str


AnyInstruction = (
    From
    | Arg
    | Env
    | Label
    | Run
    | Cmd
    | Entrypoint
    | Copy
    | Add
    | Expose
    | Workdir
    | User
    | Volume
    | Shell
    | StopSignal
    | Healthcheck
    | Onbuild
    | Maintainer
)


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """Something that parses but should not stand there; `rule` is the lint rule's name."""

    rule: str
    message: str
    location: Location
    url: str


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole parsed file: what it is called, its text, its directives, its instructions.

    `source` is the decoded text with line numbers as in the file. `directives` maps lower-case
    names (`escape`, `syntax`, `check`) to values. `escape` is the escape character. `comments` are,
    for each of the instructions, those above it.
    """

    name: str
    source: str
    escape: str
    directives: dict[str, str]
    instructions: tuple[AnyInstruction, ...]
    warnings: tuple[ParseWarning, ...] = ()
    comments: tuple[tuple[str, ...], ...] = ()

"""The error tree: what users are told, with a stable id and an exit code.

Two families, as everywhere in this project: a `RootbuildError` is something that a person can act
on and is shown as one message; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

from typing import NoReturn

from rootbuild.records import dataclass, replace


def unreachable(value: NoReturn) -> NoReturn:
    """Close a `match` over a union: the type checker proves that no case is missing.

    (`typing.assert_never` exists from Python 3.11 on only.)
    """
    raise AssertionError(f"unhandled case: {value!r}")


@dataclass(frozen=True, slots=True)
class Location:
    """Lines of a file that a person wrote: `start` and `end` count from 1, both inclusive.

    `trigger` is the first line of an ONBUILD instruction that was replayed at the FROM there.
    """

    file: str
    start: int
    end: int
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Source lines around a location, ready to be printed: (line number, text, marked)."""

    lines: tuple[tuple[int, str, bool], ...]

    def render(self) -> str:
        """The lines as BuildKit prints them: a rule, `>>>` before the marked ones, a rule."""
        width = max((len(str(number)) for number, _, _ in self.lines), default=1)
        rule = "-" * 20
        rows = [
            f" {number:>{max(width, 3)}} | {'>>>' if marked else '   '} {text}"
            for number, text, marked in self.lines
        ]
        return "\n".join([rule, *rows, rule])


def excerpt(source: str, location: Location, context: int = 2) -> Excerpt:
    """Cut the lines of `location` and `context` lines around them out of `source`."""
    lines = source.split("\n")
    first = max(location.start - context, 1)
    last = min(location.end + context, len(lines))
    return Excerpt(
        tuple(
            (number, lines[number - 1].rstrip("\r"), location.start <= number <= location.end)
            for number in range(first, last + 1)
        )
    )


@dataclass(frozen=True, slots=True)
class Report:
    """One message for a person.

    `message` says what happened, in one sentence where that is possible; `hint` says what to do;
    `detail` is quoted material, such as the last output of a command.
    """

    message: str
    hint: str = ""
    detail: str = ""
    location: Location | None = None
    excerpt: Excerpt | None = None


class RootbuildError(Exception):
    """A failure that its reader can act on.

    Subclasses fix `id` (kebab-case, stable, documented in docs/errors.md) and `exit_code`;
    a single raise may narrow `id`.
    """

    id = "error"
    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        detail: str = "",
        location: Location | None = None,
        id: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.report = Report(message, hint=hint, detail=detail, location=location)
        if id is not None:
            self.id = id
        if exit_code is not None:
            self.exit_code = exit_code

    def locate(self, location: Location, source: str | None = None) -> None:
        """Add where in the user's file it happened, unless a deeper layer already did."""
        if self.report.location is None:
            self.report = replace(self.report, location=location)
        if self.report.excerpt is None and source is not None and self.report.location is not None:
            self.report = replace(self.report, excerpt=excerpt(source, self.report.location))

    def advise(self, text: str) -> None:
        """Add to what is said about what to do."""
        hint = f"{self.report.hint}\n{text}" if self.report.hint else text
        self.report = replace(self.report, hint=hint)


class UsageError(RootbuildError):
    """The command line itself is wrong. Docker exits with 125 for bad flags, 1 for arguments."""

    id = "usage"
    exit_code = 125


class DockerfileError(RootbuildError):
    """The Dockerfile cannot be parsed or makes no sense."""

    id = "dockerfile"


class UnsupportedError(DockerfileError):
    """A Dockerfile feature that this version refuses rather than ignores."""

    id = "not-supported"


class ContextError(RootbuildError):
    """The build context is missing, unreadable, or lacks a file that is named."""

    id = "context"


class BuildError(RootbuildError):
    """A step of the build failed."""

    id = "build"


class RemoteError(BuildError):
    """A URL or a git repository could not be fetched, or is not what was asked for."""

    id = "remote"


class RegistryError(RootbuildError):
    """A registry could not be reached, refused something, or sent what it should not have."""

    id = "registry"


class ImageNotFoundError(RootbuildError):
    """An image is neither in the store nor to be had from a registry."""

    id = "no-such-image"


class HostError(RootbuildError):
    """This host lacks something that rootbuild needs."""

    id = "host"


class RuntimeRefusedError(RootbuildError):
    """A container or network could not be made as asked. Docker exits with 125."""

    id = "runtime"
    exit_code = 125


class Interrupted(RootbuildError):  # noqa: N818 - it is no mistake of anybody's
    """Stopped from outside by Ctrl-C or a signal; everything was cleaned up."""

    id = "interrupted"
    exit_code = 130


class EngineError(RootbuildError):
    """A program that rootbuild drives failed in a way that is not the user's doing.

    The report carries the command as it can be pasted and the last lines that it printed.
    """

    id = "engine"

    def __init__(
        self,
        message: str,
        *,
        command: str,
        output: str,
        hint: str = "",
        status: int | None = None,
        id: str | None = None,
    ) -> None:
        detail = f"$ {command}\n{output}".rstrip()
        super().__init__(message, hint=hint, detail=detail, id=id)
        self.command = command
        self.output = output
        self.status = status

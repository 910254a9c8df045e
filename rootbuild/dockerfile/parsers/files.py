"""COPY and ADD."""

from __future__ import annotations

from rootbuild.dockerfile.flags import Known
from rootbuild.dockerfile.heredoc import chomp_tabs, is_marker, read_marker
from rootbuild.dockerfile.instructions import Add, Copy, Heredoc
from rootbuild.dockerfile.parsers.request import Request
from rootbuild.records import dataclass, replace

_COPY_FLAGS = Known(
    strings=("from", "chown", "chmod"), booleans=("link", "parents"), lists=("exclude",)
)
_ADD_FLAGS = Known(
    strings=("chown", "chmod", "checksum"),
    booleans=("link", "keep-git-dir", "unpack"),
    lists=("exclude",),
)


@dataclass(frozen=True, slots=True)
class _Paths:
    sources: tuple[str, ...]
    heredocs: tuple[Heredoc, ...]
    destination: str


def parse_copy(request: Request) -> Copy:
    """COPY [--from=S] [--chown=O] [--chmod=M] [--link] [--parents] [--exclude=P]... SRC... DEST"""
    _require_two(request)
    flags = request.flags(_COPY_FLAGS)
    paths = _paths(request)
    return Copy(
        location=request.location,
        text=request.node.text,
        sources=paths.sources,
        destination=paths.destination,
        heredocs=paths.heredocs,
        from_=flags.string("from"),
        chown=flags.string("chown"),
        chmod=flags.string("chmod"),
        link=flags.boolean("link") or False,
        parents=flags.boolean("parents") or False,
        excludes=flags.all("exclude"),
    )


def parse_add(request: Request) -> Add:
    """ADD [--chown --chmod --link --checksum --keep-git-dir --unpack --exclude] SRC... DEST"""
    _require_two(request)
    flags = request.flags(_ADD_FLAGS)
    paths = _paths(request)
    return Add(
        location=request.location,
        text=request.node.text,
        sources=paths.sources,
        destination=paths.destination,
        heredocs=paths.heredocs,
        chown=flags.string("chown"),
        chmod=flags.string("chmod"),
        link=flags.boolean("link") or False,
        checksum=flags.string("checksum"),
        keep_git_dir=flags.boolean("keep-git-dir"),
        unpack=flags.boolean("unpack"),
        excludes=flags.all("exclude"),
    )


def _require_two(request: Request) -> None:
    if len(request.args) < 2:
        raise request.error(
            "requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
            "missing-destination",
            hint=f"write {request.node.name} SOURCE... DESTINATION",
        )


def _paths(request: Request) -> _Paths:
    *sources, destination = request.args
    bodies = {heredoc.name: heredoc for heredoc in request.node.heredocs}
    # A JSON form has no heredocs: what looks like one there is a name.
    if not request.node.json and is_marker(destination):
        raise request.error("cannot accept a heredoc as a destination", "heredoc-destination")
    if not bodies:
        return _Paths(tuple(sources), (), destination)
    heredocs = []
    paths = []
    for source in sources:
        marker = read_marker(source) if is_marker(source) else None
        if marker is None or marker.name not in bodies:
            paths.append(source)
        else:
            heredocs.append(_file(bodies[marker.name]))
    return _Paths(tuple(paths), tuple(heredocs), destination)


def _file(heredoc: Heredoc) -> Heredoc:
    """The heredoc with the content that its file gets: no shell is there to strip the tabs."""
    return replace(heredoc, content=chomp_tabs(heredoc.content)) if heredoc.chomp else heredoc

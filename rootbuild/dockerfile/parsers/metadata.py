"""ENV, LABEL, EXPOSE, VOLUME, USER, WORKDIR, STOPSIGNAL and MAINTAINER: what the image says."""

from __future__ import annotations

from rootbuild.dockerfile.instructions import (
    Env,
    Expose,
    Label,
    Maintainer,
    Pair,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from rootbuild.dockerfile.parsers.request import Request
from rootbuild.dockerfile.space import trim
from rootbuild.errors import DockerfileError


def parse_env(request: Request) -> Env:
    """ENV KEY=VALUE [KEY=VALUE...] | ENV KEY VALUE (legacy)"""
    request.flags()
    return Env(request.location, request.node.text, _pairs(request), request.node.legacy)


def parse_label(request: Request) -> Label:
    """LABEL KEY=VALUE [KEY=VALUE...] | LABEL KEY VALUE (legacy)"""
    request.flags()
    return Label(request.location, request.node.text, _pairs(request), request.node.legacy)


def parse_expose(request: Request) -> Expose:
    """EXPOSE PORT[-PORT][/PROTO]..."""
    ports = request.some()
    request.flags()
    return Expose(request.location, request.node.text, ports)


def parse_volume(request: Request) -> Volume:
    """VOLUME PATH... | ["PATH"...]"""
    paths = tuple(trim(path) for path in request.some())
    request.flags()
    if "" in paths:
        raise DockerfileError("VOLUME specified can not be an empty string", id="empty-volume")
    return Volume(request.location, request.node.text, paths)


def parse_user(request: Request) -> User:
    """USER USER[:GROUP]"""
    user = request.one()
    request.flags()
    return User(request.location, request.node.text, user)


def parse_workdir(request: Request) -> Workdir:
    """WORKDIR PATH"""
    path = request.one()
    request.flags()
    return Workdir(request.location, request.node.text, path)


def parse_stopsignal(request: Request) -> StopSignal:
    """STOPSIGNAL SIGNAL"""
    signal = request.one()
    request.flags()
    return StopSignal(request.location, request.node.text, signal)


def parse_maintainer(request: Request) -> Maintainer:
    """MAINTAINER NAME (deprecated)"""
    name = request.one()
    request.flags()
    return Maintainer(request.location, request.node.text, name)


def _pairs(request: Request) -> tuple[Pair, ...]:
    flat = request.some()
    pairs = tuple(map(Pair, flat[::2], flat[1::2]))
    if any(not pair.key for pair in pairs):
        raise request.error("names can not be blank", "blank-name")
    return pairs

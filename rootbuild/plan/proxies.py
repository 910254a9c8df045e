"""Predefined ARGs for proxies: they reach every RUN, and nothing else."""

from __future__ import annotations

from collections.abc import Container, Mapping

from rootbuild.image.config import Pairs

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


def proxies(build_args: Mapping[str, str], declared: Container[str]) -> Pairs:
    """The variables that a RUN gets: each proxy in upper and in lower case, however it was given.

    Those that are `declared` are variables like others.
    """
    given = {key.upper(): value for key, value in sorted(build_args.items()) if value}
    return tuple(
        (key, given[name])
        for name in NAMES
        if name in given
        for key in (name, name.lower())
        if key not in declared
    )

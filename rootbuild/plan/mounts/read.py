"""All mounts of a RUN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from rootbuild.graph.stages import Source
from rootbuild.plan.mounts.bind import BindMount, bind_mount
from rootbuild.plan.mounts.cache import CacheMount, cache_mount
from rootbuild.plan.mounts.given import Given, read_given
from rootbuild.plan.mounts.secret import SecretMount, secret_mount
from rootbuild.plan.mounts.ssh import SshMount, ssh_mount
from rootbuild.plan.mounts.tmpfs import TmpfsMount, tmpfs_mount
from rootbuild.plan.words import Words

RunMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount
NAMESPACE_ARG = "BUILDKIT_CACHE_MOUNT_NS"


def reads(mount: RunMount) -> TypeGuard[BindMount | CacheMount]:
    """Whether a mount shows, or begins with, files from elsewhere."""
    if isinstance(mount, CacheMount):
        return mount.source is not None
    return isinstance(mount, BindMount)


def read_mounts(
    texts: Sequence[str],
    sources: Sequence[Source],
    words: Words,
    workdir: str,
    build_args: Mapping[str, str],
) -> tuple[RunMount, ...]:
    """The mounts of a RUN, in their order.

    `sources` are what the graph found for those that have a `from`, in the same order. Raises
    DockerfileError.
    """
    left = iter(sources)
    namespace = build_args.get(NAMESPACE_ARG, "")
    found: list[RunMount] = []
    for text in texts:
        given = read_given(text, words)
        source = next(left) if given.from_ else None
        agents = sum(isinstance(mount, SshMount) for mount in found)
        found.append(_mount(given, source, workdir, namespace, agents))
    return tuple(found)


def _mount(
    given: Given, source: Source | None, workdir: str, namespace: str, agents: int
) -> RunMount:
    if given.kind == "cache":
        return cache_mount(given, source, workdir, namespace)
    if given.kind == "tmpfs":
        return tmpfs_mount(given, workdir)
    if given.kind == "secret":
        return secret_mount(given, workdir)
    if given.kind == "ssh":
        return ssh_mount(given, workdir, agents)
    return bind_mount(given, source, workdir)

"""The private folder of one container: what an OCI runtime reads, and files bound into it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from rootbuild.errors import HostError
from rootbuild.execution import Security
from rootbuild.records import replace
from rootbuild_oci import capabilities, cgroup, devices, namespace, network, seccomp, spec
from rootbuild_oci.step import Step

BINDS = ("/etc/hosts", "/etc/resolv.conf")
UNCONFINED = "unconfined"


def parent() -> Path:
    """The folder that holds all bundles of this user."""
    return namespace.folder() / "bundles"


@contextlib.contextmanager
def bundle(identity: str) -> Iterator[Path]:
    """A private folder for one container's files."""
    parent().mkdir(mode=0o700, exist_ok=True)
    folder = parent() / identity
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(folder: Path, step: Step) -> cgroup.Place | None:
    """Write config.json and what it refers to; gives the control group that has to be made, if any.

    Raises HostError for what this host cannot give.
    """
    command, place = step.command, None
    if command.security.insecure:
        command = replace(command, devices=(*devices.of_the_host(), *command.devices))
    if cgroup.needs_group(command.limits.resources):
        place = cgroup.find(command.limits.resources, folder.name, cgroup.this_host())
    allowed = capabilities.own() if command.security.insecure else spec.CAPABILITIES
    sandbox = spec.Sandbox(
        rootfs=step.rootfs,
        network=step.network.namespace,
        binds=write_binds(folder, step),
        seccomp=_filter(command.security, allowed),
        capabilities=allowed,
        cgroup_namespace=Path("/proc/self/ns/cgroup").exists(),
        cgroup=place.path if place else "",
        console=_console() if command.terminal else None,
        writable_sys=not os.statvfs("/sys").f_flag & os.ST_RDONLY,
    )
    (folder / "config.json").write_text(json.dumps(spec.specification(command, sandbox)))
    return place


def _console() -> tuple[int, int] | None:
    """The rows and columns of our terminal."""
    try:
        columns, rows = os.get_terminal_size(0)
    except OSError:
        return None
    return rows, columns


def write_binds(folder: Path, step: Step) -> tuple[tuple[Path, str], ...]:
    """Write the files that each step has bound over its own; gives (file, target)."""
    hosts, resolv = folder / "hosts", folder / "resolv.conf"
    known = network.resolved(step.command.hosts, step.network)
    hosts.write_text(network.hosts(step.command.hostname, known))
    resolv.write_text(network.resolv_conf(network.host_resolv_conf(), step.network.servers))
    for path in (hosts, resolv):
        path.chmod(0o644)
    return tuple(zip((hosts, resolv), BINDS, strict=True))


def _filter(security: Security, allowed: Sequence[str]) -> dict[str, object] | None:
    if security.insecure or security.seccomp == UNCONFINED:
        return None
    if not security.seccomp:
        return usual_filter()
    rules = seccomp.load((Path(security.seccomp),))
    if rules is None:
        raise HostError(f"there is no file {security.seccomp}", id="seccomp-rules")
    return seccomp.rules_for(rules, platform.machine(), allowed)


@cache
def usual_filter() -> dict[str, object] | None:
    """The seccomp rules of steps that ask for no others; None where there are none."""
    rules = seccomp.load()
    if rules is None:
        return None
    return seccomp.rules_for(rules, platform.machine(), spec.CAPABILITIES)

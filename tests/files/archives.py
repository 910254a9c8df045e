"""Tar files for tests, made by the standard library, and adding them as ADD does."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from rootbuild.files import attributes
from rootbuild.files import unpack as unpacking
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.copy import copy
from rootbuild.files.layover import Layover
from rootbuild.files.mode import parse_chmod
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import NewDirectory, Rootfs
from rootbuild.files.selection import select
from rootbuild.files.tree import RootfsTree

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"", type: bytes = tarfile.REGTYPE, **more: Any) -> Member:
    """An entry that belongs to who runs the test, unless it says otherwise."""
    info = tarfile.TarInfo(name)
    info.type = type
    info.uid, info.gid = os.geteuid(), os.getegid()
    info.size = len(content)
    info.mtime = 1_000_000_000
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def directory(name: str, mode: int = 0o755, **more: Any) -> Member:
    return member(name, type=tarfile.DIRTYPE, mode=mode, **more)


def link(name: str, target: str) -> Member:
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def hard(name: str, target: str, **more: Any) -> Member:
    return member(name, type=tarfile.LNKTYPE, linkname=target, **more)


def packed(members: Iterable[Member], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar file."""
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=format, encoding="utf-8", errors="surrogateescape"
    ) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def add(
    source: Path,
    target: Path,
    *words: str,
    owner: Owner | None = None,
    chmod: str = "",
    link: bool = False,
    unpack: bool = True,
) -> None:
    """`ADD words...`, with archives extracted. What would be root's is that of who runs the test,
    as others may not give it away."""
    me = Owner(os.geteuid(), os.getegid())
    with (
        mock.patch.object(attributes, "ROOT_OWNER", me),
        mock.patch.object(unpacking, "IMPLIED", NewDirectory(me)),
        Rootfs(source) as tree,
        Rootfs(target) as rootfs,
    ):
        selection = select(RootfsTree(tree), words[:-1])
        options = CopyOptions(
            owner=owner, mode=parse_chmod(chmod) if chmod else None, unpack=unpack
        )
        copy(selection, rootfs, words[-1], "/", options, Layover(rootfs) if link else None)

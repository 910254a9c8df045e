"""COPY: a selection from a tree into a mounted root filesystem."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO

from rootbuild.errors import BuildError
from rootbuild.files.attributes import Attributes, CopyOptions
from rootbuild.files.content import ContentCopier
from rootbuild.files.create import clear, create_file
from rootbuild.files.destination import Destination
from rootbuild.files.destination import destination as find_destination
from rootbuild.files.digest import Meter
from rootbuild.files.entries import Node
from rootbuild.files.failure import explained
from rootbuild.files.layover import Layover
from rootbuild.files.paths import Parts, shown
from rootbuild.files.rootfs import READ, Rootfs
from rootbuild.files.selection import Chosen, Selection
from rootbuild.files.tree import Tree

__all__ = ["CopyOptions", "copy"]


def copy(
    selection: Selection,
    rootfs: Rootfs,
    destination: str,
    workdir: str,
    options: CopyOptions,
    over: Layover | None = None,
    meter: Meter | None = None,
) -> None:
    """Copy a selection to a destination, as BuildKit does.

    `destination` is the last argument of COPY, expanded; `workdir` is absolute. The content of
    directories is copied, merged into what is there. Existing files are replaced; the destination
    directory itself stays as it is; directories below it get the attributes of the source's.
    With `over` it is done as --link says. `meter` is told how much was copied.

    Raises BuildError for what cannot be (a directory onto a file, a file onto a directory), the
    tree's own error for a source that cannot be read, HostError for a full disk.
    """
    attributes = Attributes(options)
    several = selection.sources > 1 or options.several
    with ExitStack() as stack:
        stack.enter_context(explained(f'copy to "{destination}"'))
        where = find_destination(
            rootfs,
            destination,
            workdir,
            directory=several,
            make=attributes.new_directory(),
            over=over,
        )
        copier = _Copier(selection.tree, rootfs, attributes, over, stack, meter)
        unpack = _unpacking(rootfs, attributes, over, stack) if options.unpack else None
        for chosen in selection.chosen:
            if chosen.is_directory:
                copier.copy_directory(chosen, where.for_directory())
            elif unpack is None or not copier.unpack(chosen, where, unpack):
                copier.copy_file(chosen, where.for_file(chosen.name))


Unpack = Callable[[IO[bytes], Callable[[], Parts]], bool]


def _unpacking(
    rootfs: Rootfs, attributes: Attributes, over: Layover | None, stack: ExitStack
) -> Unpack:
    """What unpacks an open file if it is an archive. Only ADD loads what that takes."""
    from rootbuild.files.unpack import Unpacker, unpack

    unpacker = stack.enter_context(Unpacker(rootfs, attributes, over))
    return lambda file, base: unpack(file, unpacker, base)


class _Copier:
    """Copies the chosen sources, one after the other."""

    def __init__(
        self,
        tree: Tree,
        rootfs: Rootfs,
        attributes: Attributes,
        over: Layover | None,
        stack: ExitStack,
        meter: Meter | None,
    ) -> None:
        self._tree = tree
        self._source = stack.enter_context(tree.root.trail())
        self._target = stack.enter_context(rootfs.trail())
        self._first_links = stack.enter_context(rootfs.trail())
        self._attributes = attributes
        self._over = over
        self._content = ContentCopier(meter)
        self._linked: dict[tuple[int, int], Parts] = {}

    def unpack(self, chosen: Chosen, where: Destination, unpack: Unpack) -> bool:
        """Unpack a file into the destination, if it is an archive."""
        if not stat.S_ISREG(chosen.node.status.st_mode):
            return False
        descriptor, _ = self._open(chosen.base, chosen.node)
        with open(descriptor, "rb") as file:
            return unpack(file, where.for_directory)

    def copy_file(self, chosen: Chosen, target: Parts) -> None:
        """Copy one file to exactly this place."""
        self._linked.clear()
        self._copy(chosen.base, chosen.node, target)

    def copy_directory(self, chosen: Chosen, target: Parts) -> None:
        """Copy what is in a directory into an existing one.

        Directories get their attributes last: making their entries changes their times, and their
        modes may forbid it.
        """
        self._linked.clear()
        directories: list[tuple[Parts, Node]] = []
        for where, node in chosen.walk():
            place = (*target, *where, node.name)
            if node.is_directory:
                self._make_directory(place)
                directories.append((place, node))
            else:
                self._copy((*chosen.base, *where), node, place)
        for place, node in reversed(directories):
            self._finish_directory(place, node)

    def _make_directory(self, place: Parts) -> None:
        if self._over is not None:
            self._over.claim(place, directory=True)
        above = self._target.at(place[:-1])
        try:
            os.mkdir(place[-1], 0o700, dir_fd=above)
        except FileExistsError as error:
            there = os.stat(place[-1], dir_fd=above, follow_symlinks=False)
            if not stat.S_ISDIR(there.st_mode):
                raise BuildError(f"cannot copy to non-directory: {shown(place)}") from error

    def _finish_directory(self, place: Parts, node: Node) -> None:
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._target.at(place))
        try:
            self._attributes.apply(descriptor, node.status, directory=True)
        finally:
            os.close(descriptor)

    def _copy(self, where: Parts, node: Node, place: Parts) -> None:
        if self._over is not None:
            self._over.claim(place, directory=False)
        kind = stat.S_IFMT(node.status.st_mode)
        if kind == stat.S_IFREG:
            self._copy_content(where, node, place)
        elif kind == stat.S_IFLNK:
            self._make_link(node, place)
        elif kind == stat.S_IFSOCK:
            self._make_empty(node, place)
        else:
            self._make_special(node, place)

    def _copy_content(self, where: Parts, node: Node, place: Parts) -> None:
        source, status = self._open(where, node)
        try:
            if status.st_nlink > 1 and self._link_to_first(status, place):
                return
            target = create_file(self._target, place)
            try:
                self._content.copy(source, target, status)
                self._attributes.apply(target, status)
                self._attributes.apply_capability(source, target)
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _open(self, where: Parts, node: Node) -> tuple[int, os.stat_result]:
        """Open a file of the source; what it is now counts, not what it was when selected."""
        parts = (*where, node.name)
        try:
            descriptor = os.open(node.name, READ, dir_fd=self._source.at(where))
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                raise _changed(parts) from error
            raise self._tree.unreadable(shown(parts), error) from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise _changed(parts)
        return descriptor, status

    def _link_to_first(self, status: os.stat_result, place: Parts) -> bool:
        """Make a hard link if another name of the same file was copied; remember it otherwise."""
        first = self._linked.setdefault((status.st_dev, status.st_ino), place)
        if first is place:
            return False
        above = self._target.at(place[:-1])
        clear(above, place)
        os.link(
            first[-1],
            place[-1],
            src_dir_fd=self._first_links.at(first[:-1]),
            dst_dir_fd=above,
            follow_symlinks=False,
        )
        return True

    def _make_link(self, node: Node, place: Parts) -> None:
        above = self._target.at(place[:-1])
        clear(above, place)
        os.symlink(node.target, place[-1], dir_fd=above)
        self._attributes.apply_at(above, place[-1], node.status)

    def _make_empty(self, node: Node, place: Parts) -> None:
        """A socket is of no use to anyone but the process that made it: an empty file it is."""
        target = create_file(self._target, place)
        try:
            self._attributes.apply(target, node.status)
        finally:
            os.close(target)

    def _make_special(self, node: Node, place: Parts) -> None:
        above = self._target.at(place[:-1])
        clear(above, place)
        status = node.status
        try:
            os.mknod(place[-1], stat.S_IFMT(status.st_mode) | 0o600, status.st_rdev, dir_fd=above)
        except PermissionError as error:
            raise BuildError(
                f"cannot make the device node {shown(place)}: only real root may do that",
                hint="copy without it, or build as root",
            ) from error
        self._attributes.apply_special(above, place[-1], status)


def _changed(parts: Parts) -> BuildError:
    return BuildError(
        f"{shown(parts)} changed while it was being copied", hint="build again when it is at rest"
    )

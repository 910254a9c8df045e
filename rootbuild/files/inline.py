"""COPY and ADD of heredocs: files whose content stands in the Dockerfile."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.files.attributes import Attributes, CopyOptions
from rootbuild.files.create import create_file
from rootbuild.files.destination import destination as find_destination
from rootbuild.files.failure import explained
from rootbuild.files.layover import Layover
from rootbuild.files.rootfs import Rootfs
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A heredoc as a file: its name and its content, expanded and encoded."""

    name: str
    content: bytes


def write_inline(
    files: Sequence[InlineFile],
    rootfs: Rootfs,
    destination: str,
    workdir: str,
    options: CopyOptions,
    over: Layover | None = None,
) -> None:
    """Write heredocs to a destination, by the same rules and with the same errors as `copy`.

    They get mode 0644, or --chmod's.
    """
    attributes = Attributes(options)
    several = len(files) > 1 or options.several
    with explained(f'write to "{destination}"'), rootfs.trail() as trail:
        where = find_destination(
            rootfs,
            destination,
            workdir,
            directory=several,
            make=attributes.new_directory(),
            over=over,
        )
        for file in files:
            place = where.for_file(file.name)
            if over is not None:
                over.claim(place, directory=False)
            target = create_file(trail, place)
            with open(target, "wb") as stream:
                stream.write(file.content)
                stream.flush()
                attributes.apply_new(target, 0o644)

"""What a build with nothing to do depended on, and what it showed.

Between what a build reads and the key of its image there are pure functions. So where all that was
read is as it was, so is the image, and the code of those functions need not even be loaded, which
takes longer than a build with nothing to do may. A memo lists what was read. It is a shortcut and
never a second opinion: what cannot be listed here is not remembered.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

import rootbuild
from rootbuild.backend import Backend
from rootbuild.build.inputs import Source
from rootbuild.build.options import BuildOptions
from rootbuild.context.ignorefile import find_ignore_file
from rootbuild.files.rootfs import Rootfs
from rootbuild.hashing import sha256
from rootbuild.records import dataclass, fields

# These decide about the names and files that a build leaves, and how many steps run at a time; but
# not about what it reads, nor what comes out.
_RESULTS = frozenset({"tags", "iidfile", "jobs", "wanted", "debugging", "cache_from"})


class Base(NamedTuple):
    """An image that the build names: as it is written, the name in the store, the id."""

    reference: str
    name: str
    id: str


class Answer(NamedTuple):
    """What the cache index said: the value under a key of one of its tables."""

    table: str
    key: str
    value: str


class Taken(NamedTuple):
    """Files out of the context (see `Reading`) and their digest."""

    paths: tuple[str, ...]
    exact: bool
    parents: bool
    excludes: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Memo:
    """One build. `text` is what `fingerprint` said; `steps` are titles as progress shows them."""

    text: str
    bases: tuple[Base, ...]
    answers: tuple[Answer, ...]
    taken: tuple[Taken, ...]
    warnings: tuple[str, ...]
    steps: tuple[str, ...]
    image: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the base images, each once."""
        return tuple(dict.fromkeys(base.name for base in self.bases))

    def dump(self) -> str:
        """The memo as JSON."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


def load_memo(text: str) -> Memo:
    """The memo that `dump` wrote."""
    found = json.loads(text)
    return Memo(
        text=found["text"],
        bases=tuple(Base(*row) for row in found["bases"]),
        answers=tuple(Answer(*row) for row in found["answers"]),
        taken=tuple(
            Taken(tuple(paths), exact, parents, tuple(excludes), digest)
            for paths, exact, parents, excludes, digest in found["taken"]
        ),
        warnings=tuple(found["warnings"]),
        steps=tuple(found["steps"]),
        image=found["image"],
    )


def memo_key(options: BuildOptions, backend: Backend) -> str | None:
    """What the memo of such a build is kept under; None if there can be none.

    It stands for the code that would run, the host and all options. Builds of other folders are
    kept apart, though they could not be mistaken for each other.
    """
    if not _can_be_kept(options):
        return None
    try:
        assert isinstance(options.context, Path)
        folder = os.stat(options.context)
        code = code_identity(Path(rootbuild.__file__).parent)
    except OSError:
        return None
    asked = {
        field.name: getattr(options, field.name)
        for field in fields(options)
        if field.name not in _RESULTS
    }
    material = [code, os.uname().machine, backend.name, folder.st_dev, folder.st_ino, asked]
    return _hash(json.dumps(material, default=_plain).encode())


def fingerprint(source: Source) -> str:
    """A hash of the Dockerfile and of its ignore file. Raises ContextError."""
    with Rootfs(source.context.folder) as root:
        ignore = find_ignore_file(root, source.path, source.inside)
    content = None if ignore is None else ignore.content
    return _hash(repr((source.name, source.data, content)).encode())


def code_identity(package: Path) -> str:
    """Tells our code from other code of the same version. OSError if it is not in plain files."""
    found = []
    pending = [str(package)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    found.append((entry.path, status.st_size, status.st_mtime_ns))
                elif entry.is_dir() and entry.name != "__pycache__":
                    pending.append(entry.path)
    return _hash(repr((rootbuild.__version__, sorted(found))).encode())


def _can_be_kept(options: BuildOptions) -> bool:
    """Whether what a build reads is at hand: nothing is fetched, and nothing looked up anew."""
    anew = options.no_cache or options.no_cache_stages or options.pull == "always"
    fetched = options.dockerfile is not None and "://" in options.dockerfile
    folder = isinstance(options.context, Path) and not options.contexts.given
    single = len(options.platforms) <= 1 and not options.debugging.lines
    usual = single and options.wanted.usual and not options.cache_to  # else more is to be made
    return folder and usual and not fetched and not anew


def _plain(value: object) -> object:
    """What JSON does not know, in an order that does not change from run to run."""
    return sorted(value) if isinstance(value, frozenset) else repr(value)


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()

"""Which .dockerignore file counts, and its bytes."""

from __future__ import annotations

from pathlib import Path

from rootbuild.errors import ContextError
from rootbuild.files.rootfs import Rootfs
from rootbuild.records import dataclass

NAME = ".dockerignore"
SIZE_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """An ignore file as it was found: `name` for messages, `content` as it is."""

    name: str
    content: bytes


def find_ignore_file(
    context: Rootfs, dockerfile: Path | None, inside: str = ""
) -> IgnoreFile | None:
    """The ignore file for a build; None without one.

    `<dockerfile>.dockerignore` beside the Dockerfile if it exists, else `.dockerignore` in the
    context's root, where links cannot lead out of the context. `dockerfile` is None when the
    Dockerfile is no file of this host; `inside` is its path in the context if it is there. Raises
    ContextError when the file cannot be read.
    """
    if dockerfile is not None:
        beside = dockerfile.with_name(dockerfile.name + NAME)
        content = _read(beside)
        if content is not None:
            return IgnoreFile(beside.name, content)
    for name in ([inside + NAME] if inside else []) + [NAME]:
        try:
            content = context.read_file(name, SIZE_LIMIT)
        except OSError as error:
            raise _unreadable(name, error) from error
        if content is not None:
            return IgnoreFile(name, content)
    return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path.name, error) from error


def _unreadable(name: str, error: OSError) -> ContextError:
    return ContextError(
        f"cannot read {name}: {error.strerror}", hint="it must be a file that this user may read"
    )

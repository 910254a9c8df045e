"""Paths as users write them, made into names below a root.

Inside `files/` a path is a tuple of names from the root down, so that nothing is joined, cut or
cleaned twice. Names are `str` as Python's `os` gives them: bytes that are no text are kept as
surrogates and come out again unharmed.
"""

from __future__ import annotations

import os

from rootbuild.errors import BuildError

Parts = tuple[str, ...]


def split(path: str) -> Parts:
    """The names of a path, cleaned as Go's path.Clean does it; `..` never leads above the root.

    Raises BuildError for what cannot be a path at all (a NUL, half a surrogate pair).
    """
    parts: list[str] = []
    for name in native(path).split("/"):
        if name == "..":
            del parts[-1:]
        elif name not in ("", "."):
            parts.append(name)
    return tuple(parts)


def join(parts: Parts) -> str:
    """The path relative to the root, as .dockerignore patterns see it; `""` is the root."""
    return "/".join(parts)


def shown(parts: Parts) -> str:
    """The path as messages show it: absolute from the root, without surrogates."""
    return os.fsencode("/" + join(parts)).decode("utf-8", "replace")


def native(path: str) -> str:
    """Dockerfile text is UTF-8 whatever the locale; names are what `os` decodes them to."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise BuildError(f"{path!r} is not a path: it holds half a surrogate pair") from error
    if b"\0" in data:
        raise BuildError(f"{path!r} is not a path: it holds a NUL character")
    return os.fsdecode(data)

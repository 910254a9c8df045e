"""Cache keys: hashes over a parent's key, a step's definition and the content that it copies."""

from __future__ import annotations

from rootbuild.hashing import sha256

# Part of every key. Raised when a change in rootbuild makes results of older builds wrong.
GENERATION = "1"


def key(*parts: str) -> str:
    """The hash of an unambiguous joining of `parts`."""
    hasher = sha256()
    for part in (GENERATION, *parts):
        data = part.encode("utf-8", "surrogateescape")
        hasher.update(b"%d:" % len(data))
        hasher.update(data)
    return hasher.hexdigest()


def base_key(image: str | None, platform: str) -> str:
    """The key of a stage's filesystem before its first step; None is `scratch`."""
    return key("base", image or "scratch", platform)


def step_key(parent: str, definition: str, content: str = "") -> str:
    """The key of a step's resulting filesystem."""
    return key("step", parent, definition, content)


def content_key(filesystem: str, sources: tuple[str, ...]) -> str:
    """What a COPY --from's content digest is remembered under."""
    return key("content", filesystem, *sources)


def image_key(filesystem: str, config: bytes, layers: str) -> str:
    """The key of a finished image: its filesystem, its config without dates, its layer policy."""
    return key("image", filesystem, config.decode("utf-8", "surrogateescape"), layers)

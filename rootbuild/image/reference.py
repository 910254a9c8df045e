"""Names of images, by Docker's rules.

A short name means Docker Hub: `alpine` is `docker.io/library/alpine:latest`. There is no search
list and never a question. Grammar: https://github.com/distribution/reference
"""

from __future__ import annotations

import re

from rootbuild.errors import UsageError
from rootbuild.records import dataclass

HUB = "docker.io"
DEFAULT_TAG = "latest"
LONGEST_NAME = 255

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A whole name: nothing about it is implied any more.

    `tag` is empty only when there is a `digest` (`sha256:...`).
    """

    registry: str
    repository: str
    tag: str = DEFAULT_TAG
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def exact(self) -> str:
        """The name for engines that take a tag or a digest: a digest says all, so it wins."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"

    @property
    def familiar(self) -> str:
        """The name as Docker shows it: what goes without saying is left out, but for the tag."""
        whole = str(self)
        for prefix in (f"{HUB}/library/", f"{HUB}/"):
            if whole.startswith(prefix):
                rest = whole[len(prefix) :]
                # `docker.io/library/a/b` may not become `a/b`, which is another image.
                return f"library/{rest}" if "library/" in prefix and "/" in rest else rest
        return whole


def is_id(text: str) -> bool:
    """Whether this is a whole image id, with or without `sha256:`."""
    return _ID.fullmatch(text) is not None


def parse(text: str) -> Reference:
    """Read a name as a person writes it. Raises UsageError (`invalid reference format`)."""
    if _ID.fullmatch(text) and ":" not in text:
        raise _invalid(
            text, f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
        )
    rest, _, digest = text.partition("@")
    if "@" in text and not _DIGEST.fullmatch(digest):
        raise _invalid(text)
    rest, tag = _split_tag(rest)
    if tag is not None and not _TAG.fullmatch(tag):
        raise _invalid(text)
    registry, repository = _split_registry(rest)
    _check_name(text, registry, repository)
    return Reference(registry, repository, tag or ("" if digest else DEFAULT_TAG), digest)


def normalize(text: str) -> str:
    """The whole name; a whole image id stays as it is. Raises UsageError."""
    return text if is_id(text) else str(parse(text))


def familiar(text: str) -> str:
    """The name as Docker shows it; what is no name (an id, `<none>`) stays as it is."""
    try:
        return text if is_id(text) else parse(text).familiar
    except UsageError:
        return text


def _split_tag(text: str) -> tuple[str, str | None]:
    """Cut a tag off: what follows the last colon, unless that colon belongs to a port."""
    head, colon, tail = text.rpartition(":")
    if not colon or "/" in tail:
        return text, None
    return head, tail


def _split_registry(name: str) -> tuple[str, str]:
    """The first component is a registry if it looks like a host, else Docker Hub is meant."""
    first, slash, rest = name.partition("/")
    looks_like_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    if not slash or not looks_like_host:
        first, rest = HUB, name
    if first == "index.docker.io":
        first = HUB
    if first == HUB and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest


def _check_name(text: str, registry: str, repository: str) -> None:
    if repository.lower() != repository and _REPOSITORY.fullmatch(repository.lower()):
        raise _invalid(
            text, f"invalid reference format: repository name ({repository}) must be lowercase"
        )
    if not _REGISTRY.fullmatch(registry) or not _REPOSITORY.fullmatch(repository):
        raise _invalid(text)
    if len(registry) + 1 + len(repository) > LONGEST_NAME:
        raise _invalid(text, f"repository name must not be more than {LONGEST_NAME} characters")


def _invalid(text: str, why: str = "invalid reference format") -> UsageError:
    return UsageError(
        why if text in why else f"{why}: {text!r}" if text else why,
        id="invalid-reference",
        hint="an image is named [REGISTRY/]NAME[:TAG|@DIGEST], in lower case but for the tag",
    )

"""A repository of a registry: manifests and blobs, read and written.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rootbuild.errors import RegistryError
from rootbuild.image.reference import Reference
from rootbuild.records import dataclass
from rootbuild.registry import credentials, failures, hosts
from rootbuild.registry.authorization import Credentials
from rootbuild.registry.blobs import read_blob
from rootbuild.registry.connection import Answer, Asked, Connection
from rootbuild.registry.hosts import Place
from rootbuild.registry.uploads import Content, upload
from rootbuild.web.patience import Patience

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

_ACCEPTED = ", ".join((OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST))
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LARGEST_MANIFEST = 4 << 20
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index as it was written, and its digest, which is true of it."""

    digest: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """What a registry says about a manifest without sending it."""

    digest: str
    media_type: str
    size: int


class Repository:
    """One repository, on one server. May be used by several threads at once."""

    def __init__(self, place: Place, connection: Connection) -> None:
        self.place = place
        self._connection = connection

    @property
    def name(self) -> str:
        """Host and repository."""
        return f"{self.place.host}/{self.place.repository}"

    def manifest(self, tag: str) -> Manifest | None:
        """What a tag or digest leads to; None if nothing. Raises RegistryError.

        What comes for a digest has that digest.
        """
        asked = self._asked("GET", f"manifests/{tag}", {"Accept": _ACCEPTED})
        return self._connection.ask(
            asked, lambda answer: self._manifest(tag, answer), (_NOT_FOUND,)
        )

    def describe(self, tag: str) -> Described | None:
        """The same, but only what it is. The digest is as good as the registry's word."""
        asked = self._asked("HEAD", f"manifests/{tag}", {"Accept": _ACCEPTED})
        return self._connection.ask(asked, _described, (_NOT_FOUND,))

    def put_manifest(self, tag: str, body: bytes, media_type: str) -> str:
        """Write a manifest under a tag, or its digest; gives the digest. Raises RegistryError."""
        asked = self._asked(
            "PUT", f"manifests/{tag}", {"Content-Type": media_type}, write=True, body=body
        )
        self._connection.ask(asked, lambda answer: answer.body.read(_LARGEST_MANIFEST))
        return digest_of(body)

    def blob_size(self, digest: str) -> int | None:
        """How big a blob is; None if it is not there. Raises RegistryError."""
        asked = self._asked("HEAD", f"blobs/{digest}")

        def size(answer: Answer) -> int | None:
            return None if answer.status == _NOT_FOUND else _length(answer)

        return self._connection.ask(asked, size, (_NOT_FOUND,))

    def read_blob(self, digest: str, size: int | None = None) -> Iterator[bytes]:
        """A blob in pieces; a cut connection is taken up again where it was.

        It is what was asked for only when the last piece is out. Raises RegistryError at any time.
        """
        if not _DIGEST.fullmatch(digest):
            raise RegistryError(f"a digest is needed, not {digest!r}", id="registry-digest")
        return read_blob(self._connection, self._asked("GET", f"blobs/{digest}"), digest, size)

    def save_blob(
        self,
        digest: str,
        file: Path,
        size: int | None = None,
        seen: Callable[[int], object] = lambda done: None,
    ) -> None:
        """Write a blob into a file, which appears as a whole or not at all.

        `seen` is told after each piece how many bytes are there. Raises RegistryError, OSError.
        """
        part = file.with_name(f".{file.name}.{os.getpid()}")
        done = 0
        try:
            with part.open("wb") as stream:
                for piece in self.read_blob(digest, size):
                    stream.write(piece)
                    seen(done := done + len(piece))
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)

    def put_blob(self, content: Content) -> Content:
        """Write a blob; gives it with digest and size. Raises RegistryError."""
        asked = self._asked("POST", "blobs/uploads/", {"Content-Length": "0"}, write=True)
        return upload(self._connection, asked, content)

    def mount(self, digest: str, source: str) -> bool:
        """Take a blob over from another repository of this registry. False if it has to be sent."""
        path = f"blobs/uploads/?mount={digest}&from={source}"
        scope = f"{self._scope(write=True)} repository:{source}:pull"
        asked = self._asked("POST", path, {"Content-Length": "0"}, write=True, scope=scope)
        status, location = self._connection.ask(asked, lambda each: (each.status, each.location))
        if status == 202:  # an upload was begun instead
            ended = self._asked("DELETE", location, write=True)
            self._connection.ask(ended, lambda answer: None, (400, 404, 405))
        return status == 201

    def _manifest(self, tag: str, answer: Answer) -> Manifest | None:
        if answer.status == _NOT_FOUND:
            return None
        body = answer.body.read(_LARGEST_MANIFEST + 1)
        if len(body) > _LARGEST_MANIFEST:
            raise failures.nonsense(self.place.host, f"the manifest of {tag} is too big")
        digest = digest_of(body)
        if ":" in tag and digest != tag:
            raise failures.corrupt(self.place.host, f"manifest {tag}")
        return Manifest(digest, answer.headers.get_content_type(), body)

    def _asked(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        write: bool = False,
        body: bytes | None = None,
        scope: str = "",
    ) -> Asked:
        url = path if "://" in path else f"{self.place.repository}/{path}"
        return Asked(
            method,
            url,
            headers or {},
            scope or self._scope(write),
            None if body is None else lambda: body,
            None if body is None else len(body),
        )

    def _scope(self, write: bool) -> str:
        return f"repository:{self.place.repository}:pull{',push' if write else ''}"


class Registries:
    """Registries by their names, with this user's configuration; connections are kept."""

    def __init__(
        self,
        patience: Patience = Patience(),  # noqa: B008 - it is frozen
        rules: hosts.Rules | None = None,
    ) -> None:
        self._patience = patience
        self._rules = rules
        self._connections: dict[Place, Connection] = {}

    def readable(self, reference: Reference) -> list[Repository]:
        """Where an image may be read: mirrors of the host's configuration, then the registry."""
        if self._rules is None:
            self._rules = hosts.read()
        found = hosts.places(reference.registry, reference.repository, self._rules)
        return [self._repository(place) for place in found]

    def writable(self, reference: Reference) -> Repository:
        """Where an image is written. Raises RegistryError, HostError."""
        return self.readable(reference)[-1]

    def manifest(self, reference: Reference) -> tuple[Repository, Manifest] | None:
        """The manifest of an image, and where it was found; a mirror that fails is passed over."""
        *mirrors, last = self.readable(reference)
        tag = reference.digest or reference.tag
        for mirror in mirrors:
            try:
                found = mirror.manifest(tag)
            except RegistryError:
                continue
            if found is not None:
                return mirror, found
        found = last.manifest(tag)
        return None if found is None else (last, found)

    def _repository(self, place: Place) -> Repository:
        def who() -> Credentials:
            return credentials.known(place.host, place.repository)

        if place not in self._connections:
            self._connections[place] = Connection(place, who, self._patience)
        return Repository(place, self._connections[place])


def digest_of(body: bytes) -> str:
    """`sha256:...`."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _described(answer: Answer) -> Described | None:
    if answer.status == _NOT_FOUND:
        return None
    digest = answer.headers.get("Docker-Content-Digest", "")
    return Described(
        digest if _DIGEST.fullmatch(digest) else "",
        answer.headers.get_content_type(),
        _length(answer),
    )


def _length(answer: Answer) -> int:
    value = answer.headers.get("Content-Length", "")
    return int(value) if value.isdecimal() else 0

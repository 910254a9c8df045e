"""Where caches are: a repository of a registry, or a folder in OCI layout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from rootbuild.errors import HostError, RegistryError
from rootbuild.image.reference import Reference
from rootbuild.registry import failures
from rootbuild.registry.client import Manifest, Registries, Repository
from rootbuild.registry.uploads import Content, content_of_file

_NAME = "org.opencontainers.image.ref.name"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_PIECE = 1 << 18
_LARGEST_DOCUMENT = 64 << 20
_LARGEST_INDEX = 4 << 20


class Place(Protocol):
    """Blobs by their digests, and manifests by tags or digests."""

    @property
    def name(self) -> str:
        """As messages call it."""
        ...

    def manifest(self, tag: str) -> Manifest | None:
        """What a tag or a digest leads to. Raises RegistryError."""
        ...

    def pieces(self, digest: str, size: int) -> Iterator[bytes]:
        """A blob, which is what was asked for when the last piece is out. Raises RegistryError."""
        ...

    def has(self, digest: str) -> bool:
        """Whether a blob is there. Raises RegistryError."""
        ...

    def put(self, file: Path, digest: str) -> None:
        """Write a blob. Raises RegistryError, HostError."""
        ...

    def adopt(self, digest: str, size: int, source: Place) -> None:
        """Take a blob over from another place, unless it is there. Raises RegistryError."""
        ...

    def publish(self, tag: str, body: bytes, media_type: str) -> str:
        """Write a manifest, whose blobs are there; gives its digest. Raises RegistryError."""
        ...


class Registry:
    """A repository. It is read where the host's configuration says, and written at its own."""

    def __init__(self, registries: Registries, reference: Reference, *, write: bool) -> None:
        self._repositories = registries.readable(reference)
        if write:
            self._repositories = self._repositories[-1:]
        self._at = self._repositories[-1]

    @property
    def name(self) -> str:
        """See Place."""
        return self._at.name

    @property
    def repository(self) -> Repository:
        """Where the manifest was found."""
        return self._at

    def manifest(self, tag: str) -> Manifest | None:
        """See Place. A mirror that fails or lacks it is passed over."""
        *mirrors, last = self._repositories
        for repository in mirrors:
            try:
                found = repository.manifest(tag)
            except RegistryError:
                continue
            if found is not None:
                self._at = repository
                return found
        return last.manifest(tag)

    def pieces(self, digest: str, size: int) -> Iterator[bytes]:
        """See Place."""
        return self._at.read_blob(digest, size)

    def has(self, digest: str) -> bool:
        """See Place."""
        return self._at.blob_size(digest) is not None

    def put(self, file: Path, digest: str) -> None:
        """See Place."""
        self._at.put_blob(content_of_file(file, digest))

    def adopt(self, digest: str, size: int, source: Place) -> None:
        """See Place. From another repository of the same registry nothing is sent."""
        if self.has(digest):
            return
        if isinstance(source, Registry):
            there = source.repository.place
            same = there.server == self._at.place.server
            if same and self._at.mount(digest, there.repository):
                return

        def read(at: int) -> Iterator[bytes]:
            for piece in source.pieces(digest, size):
                yield piece[at:]
                at = max(at - len(piece), 0)

        self._at.put_blob(Content(read, digest, size))

    def publish(self, tag: str, body: bytes, media_type: str) -> str:
        """See Place."""
        return self._at.put_manifest(tag, body, media_type)


class Folder:
    """A folder in OCI layout. What is written there appears as a whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """See Place."""
        return str(self._folder)

    def manifest(self, tag: str) -> Manifest | None:
        """See Place."""
        try:
            digest = tag if ":" in tag else self._tagged(tag)
            body = self._file(digest).read_bytes() if digest else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        if body is None:
            return None
        if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
            raise failures.corrupt(self.name, f"manifest {digest}")
        return Manifest(digest, "", body)

    def pieces(self, digest: str, size: int) -> Iterator[bytes]:
        """See Place."""
        done, total = hashlib.sha256(), 0
        try:
            with self._file(digest).open("rb") as stream:
                while piece := stream.read(_PIECE):
                    done.update(piece)
                    total += len(piece)
                    if total > size:
                        break
                    yield piece
        except OSError as error:
            raise self._unreadable(error) from error
        if total != size or f"sha256:{done.hexdigest()}" != digest:
            raise failures.corrupt(self.name, f"blob {digest}")

    def has(self, digest: str) -> bool:
        """See Place."""
        return os.path.isfile(self._file(digest))

    def put(self, file: Path, digest: str) -> None:
        """See Place."""
        with file.open("rb") as stream:
            self._write(self._file(digest), iter(lambda: stream.read(_PIECE), b""))

    def adopt(self, digest: str, size: int, source: Place) -> None:
        """See Place."""
        if not self.has(digest):
            self._write(self._file(digest), source.pieces(digest, size))

    def publish(self, tag: str, body: bytes, media_type: str) -> str:
        """See Place. What the folder had under other tags stays."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self._write(self._file(digest), iter((body,)))
        entry = {
            "mediaType": media_type,
            "digest": digest,
            "size": len(body),
            "annotations": {_NAME: tag},
        }
        others = [each for each in self._entries() if _tag(each) != tag]
        index = {"schemaVersion": 2, "manifests": [*others, entry]}
        self._write(self._folder / "oci-layout", iter((_LAYOUT,)))
        self._write(self._folder / "index.json", iter((json.dumps(index).encode(),)))
        return digest

    def _file(self, digest: str) -> Path:
        algorithm, _, value = digest.partition(":")
        if algorithm != "sha256" or not value.isalnum():
            raise RegistryError(f"a digest is needed, not {digest!r}", id="registry-digest")
        return self._folder / "blobs" / algorithm / value

    def _tagged(self, tag: str) -> str | None:
        entries = self._entries()
        found = [each for each in entries if _tag(each) == tag]
        return str(found[-1].get("digest")) if found else None

    def _entries(self) -> list[dict[str, object]]:
        try:
            found = json.loads((self._folder / "index.json").read_bytes()[:_LARGEST_INDEX])
            entries = found["manifests"]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._unreadable(error) from error
        except (ValueError, LookupError, TypeError) as error:
            raise failures.nonsense(self.name, "its index.json is none") from error
        return [each for each in entries if isinstance(each, dict)]

    def _write(self, file: Path, pieces: Iterator[bytes]) -> None:
        part = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as stream:
                for piece in pieces:
                    stream.write(piece)
            part.replace(file)
        except OSError as error:
            raise HostError(
                f"cannot write the cache to {self._folder}: {error.strerror}", id="cache-export"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _unreadable(self, error: OSError) -> RegistryError:
        return RegistryError(
            f"cannot read the cache in {self._folder}: {error.strerror}", id="cache-import"
        )


def small_blob(place: Place, digest: str, size: int) -> bytes:
    """A blob that is a document. Raises RegistryError, for one that is too big as well."""
    if size > _LARGEST_DOCUMENT:
        raise failures.nonsense(place.name, f"the document {digest} is too big")
    return b"".join(place.pieces(digest, size))


def _tag(entry: dict[str, object]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(_NAME, "")) if isinstance(annotations, dict) else ""

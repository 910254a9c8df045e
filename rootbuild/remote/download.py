"""Files by URL, in a cache that is asked before the server sends anything twice.

One folder per URL, locked while the server is asked; in it what was learnt last (`answer.json`) and
a folder per content, named by its SHA-256, which readers hold. What nobody holds is removed when
newer content comes. All of it may be deleted when no build runs.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from rootbuild.errors import RemoteError
from rootbuild.records import asdict, dataclass
from rootbuild.remote.access import FindSecret, no_secrets
from rootbuild.remote.checksum import Checksum, checksum_of, parse_checksum
from rootbuild.remote.locks import held, locked, no_space, sweep
from rootbuild.remote.noted import note_use
from rootbuild.remote.request import NOT_MODIFIED, Headers, Response, address, get
from rootbuild.remote.secrets import http_authorization
from rootbuild.remote.sources import HttpSource
from rootbuild.web.patience import PassingError, Patience

CONTENT = "content"
_ANSWER = "answer.json"
_PART = "part"
_CHUNK = 1 << 18
_LONGEST_SIZE = 20


@dataclass(frozen=True, slots=True)
class Download:
    """A downloaded file: `folder` holds it, and nothing else, as `content`, mode 0600.

    Its time is Last-Modified, or 1970 without one. `digest` is the SHA-256 of it in hex.
    """

    folder: Path
    digest: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / CONTENT


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server said about the content that we have. Empty strings: it did not say."""

    digest: str
    etag: str = ""
    modified: str = ""


@contextlib.contextmanager
def downloaded(
    source: HttpSource,
    cache: Path,
    secret: FindSecret = no_secrets,
    patience: Patience = Patience(),  # noqa: B008 - it is frozen
) -> Iterator[Download]:
    """The file of a source, below the folder `cache`, kept for the length of the block.

    With a checksum that a kept file has, nobody is asked. Else there is one request, which a server
    answers by the content only if it has changed. Raises RemoteError (see `request`; also where the
    checksum does not match), DockerfileError for what is no checksum, HostError for a full disk.
    """
    wanted = parse_checksum(source.checksum) if source.checksum else None
    place = _Place(
        cache / hashlib.sha256(source.url.encode("utf-8", "surrogateescape")).hexdigest()
    )
    with contextlib.ExitStack() as stack:
        with locked(place.folder):
            found = place.known(wanted) if wanted else None
            if found is None:
                found = _ask(source, place, secret, patience)
                _verify(source, found, wanted)
            note_use(place.folder, url=source.shown)
            stack.enter_context(held(found.folder))
        yield found


@dataclass(frozen=True, slots=True)
class _Place:
    """The folder of one URL, which the caller has locked."""

    folder: Path

    def answer(self) -> _Answer | None:
        """What the server said last, if the content is still there."""
        try:
            answer = _Answer(**json.loads((self.folder / _ANSWER).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return answer if self._content(answer.digest).path.is_file() else None

    def known(self, wanted: Checksum) -> Download | None:
        """The content that has a checksum."""
        if wanted.algorithm == "sha256":
            content = self._content(wanted.value)
            return content if content.path.is_file() else None
        answer = self.answer()
        if answer is None:
            return None
        content = self._content(answer.digest)
        return content if checksum_of(content.path, wanted.algorithm) == wanted else None

    def use(self, answer: _Answer) -> Download:
        """The content that an answer is about; its time is set anew if it has changed."""
        content = self._content(answer.digest)
        stamp = _stamp(answer.modified)
        if content.path.stat().st_mtime_ns != stamp:
            os.utime(content.path, ns=(stamp, stamp))
        self._note(answer)
        return content

    def put(self, part: Path, answer: _Answer) -> Download:
        """Keep a file that was loaded, in place of what was known before."""
        content = self._content(answer.digest)
        if not content.path.exists():
            content.folder.mkdir(mode=0o700, exist_ok=True)
            part.rename(content.path)
        found = self.use(answer)
        sweep(self.folder, answer.digest)
        return found

    def _content(self, digest: str) -> Download:
        return Download(self.folder / digest, digest)

    def _note(self, answer: _Answer) -> None:
        staged = self.folder / f"{_ANSWER}.new"
        staged.write_text(json.dumps(asdict(answer)))
        staged.replace(self.folder / _ANSWER)


def _ask(source: HttpSource, place: _Place, secret: FindSecret, patience: Patience) -> Download:
    where, known = address(source.url), place.answer()

    def take(response: Response) -> Download:
        if known is not None and _unchanged(known, response):
            tag = _line(response.headers, "ETag") or known.etag
            modified = _line(response.headers, "Last-Modified") or known.modified
            return place.use(_Answer(known.digest, tag, modified))
        if response.status == NOT_MODIFIED:
            raise RemoteError(f"invalid not-modified answer of {source.shown}", id="remote-failed")
        return _load(source, place, response, patience)

    return get(where, _headers(source, known, secret), take, patience)


def _headers(source: HttpSource, known: _Answer | None, secret: FindSecret) -> Headers:
    headers = {}
    authorization = http_authorization(source.url, secret)
    if authorization is not None:
        headers["Authorization"] = authorization
    if known is not None and known.etag:
        headers["If-None-Match"] = known.etag
    elif known is not None and known.modified:
        headers["If-Modified-Since"] = known.modified
    return headers


def _unchanged(known: _Answer, response: Response) -> bool:
    """Some servers send all of it again although they know the tag that we have told."""
    if response.status == NOT_MODIFIED:
        return True
    tag = _line(response.headers, "ETag")
    return bool(tag) and tag.removeprefix("W/") == known.etag.removeprefix("W/")


def _load(source: HttpSource, place: _Place, response: Response, patience: Patience) -> Download:
    size = _size(response.headers)
    free = shutil.disk_usage(place.folder).free
    if size is not None and size > free:
        why = f" for {source.shown}: it has {size} bytes, and {free} are left"
        raise no_space(place.folder, why)
    part = place.folder / _PART
    try:
        digest = _write(part, response, size, patience)
        tag = _line(response.headers, "ETag")
        return place.put(part, _Answer(digest, tag, _line(response.headers, "Last-Modified")))
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, response: Response, size: int | None, patience: Patience) -> str:
    """Load a body into a file; its SHA-256."""
    digest, done = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o600), "wb", buffering=0) as stream:
        while data := response.body.read(_CHUNK):
            patience.wait(0)
            digest.update(data)
            stream.write(data)
            done += len(data)
    if size is not None and done < size:
        raise PassingError(f"the connection was cut after {done} of {size} bytes")
    return digest.hexdigest()


def _verify(source: HttpSource, found: Download, wanted: Checksum | None) -> None:
    if wanted is None:
        return
    got = checksum_of(found.path, wanted.algorithm)
    if got != wanted:
        raise RemoteError(
            f"digest mismatch for {source.shown}: {got} (expected: {wanted})",
            id="checksum-mismatch",
            hint="the file has changed, or is not the one that the checksum was made of",
        )


def _line(headers: Message, name: str) -> str:
    """A header that can be sent back; empty for one that is missing, or no plain text."""
    value = headers.get(name, "")
    return value if value.isascii() and value.isprintable() else ""


def _size(headers: Message) -> int | None:
    value = _line(headers, "Content-Length")
    return int(value) if value.isdecimal() and len(value) < _LONGEST_SIZE else None


def _stamp(modified: str) -> int:
    """A time in nanoseconds, of a header; 0 without one, as in BuildKit."""
    try:
        return max(int(email.utils.parsedate_to_datetime(modified).timestamp()), 0) * 1_000_000_000
    except (TypeError, ValueError, OverflowError):
        return 0

"""Layers as the engine's store has them: files in a folder, and the list that makes the archive."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from rootbuild.storage.contents import StoredLayer

BLOCK = 512


def archive(*members: tuple[str, bytes | str], date: int = 1_000_000_000) -> bytes:
    """An archive: bytes are files, text is where a link leads, a name with a slash is a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mtime = date
            if name.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def stored(data: bytes, place: Path) -> StoredLayer:
    """The layer of such an archive in a store."""
    folder, split = place / "diff", place / "layer.tar-split.gz"
    folder.mkdir(parents=True)
    lines, position = [], 0
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            path = folder / member.name
            if member.isdir():
                path.mkdir(exist_ok=True)
            elif member.issym():
                path.symlink_to(member.linkname)
            elif member.isfile():
                path.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None
                path.write_bytes(content.read())
            begin = member.offset_data
            lines.append(_piece(data[position:begin]))
            if member.isfile():
                lines.append({"type": 1, "name": member.name, "size": member.size})
            position = begin + member.size
    lines.append(_piece(data[position:]))
    with gzip.open(split, "wb") as stream:
        stream.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return StoredLayer(digest, len(data), folder, split)


def _piece(data: bytes) -> dict[str, object]:
    return {"type": 2, "payload": base64.b64encode(data).decode()}

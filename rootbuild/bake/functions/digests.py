"""Functions that encode, and those that make digests and identifiers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import urllib.parse
import uuid

from rootbuild.bake.functions.signature import Function
from rootbuild.bake.values import Unfit

_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unfit("failed to decode base64 data as text") from None


def _digest(name: str) -> Function:
    return Function("s", lambda text: hashlib.new(name, text.encode()).hexdigest())


def _uuid5(namespace: str, name: str) -> str:
    try:
        space = _NAMESPACES.get(namespace) or uuid.UUID(namespace)
    except ValueError:
        raise Unfit(f"{namespace!r} is no UUID of a namespace") from None
    return str(uuid.uuid5(space, name))


FUNCTIONS = {
    "base64decode": Function("s", _decode),
    "base64encode": Function("s", lambda text: base64.b64encode(text.encode()).decode()),
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "sha512": _digest("sha512"),
    "urlencode": Function("s", urllib.parse.quote_plus),
    "uuidv4": Function("", lambda: str(uuid.uuid4())),
    "uuidv5": Function("ss", _uuid5),
}

"""The options of a `--mount` as they were given, before the type makes something of them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from rootbuild.booleans import truth
from rootbuild.dockerfile.fields import Field, read_fields
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.sizes import ram_in_bytes
from rootbuild.dockerfile.suggest import did_you_mean
from rootbuild.errors import DockerfileError
from rootbuild.plan.words import Words
from rootbuild.records import dataclass

TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARING = ("shared", "private", "locked")
OWNED_TYPES = ("cache", "secret", "ssh")
OPTIONAL_TYPES = ("secret", "ssh")
_MOST = 2**32


@dataclass(slots=True)
class Given:
    """Options of any type of mount; None or empty where they were not given."""

    kind: str = "bind"
    from_: str = ""
    source: str = ""
    target: str = ""
    read_only: bool | None = None
    id: str = ""
    sharing: str = ""
    required: bool = False
    size: int = 0
    env: str | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


def read_given(text: str, words: Words) -> Given:
    """Read the value of one `--mount`, in order, as `size` and `required` ask for the type.

    Raises DockerfileError.
    """
    given = Given()
    for field in read_fields(text):
        if field.value is None:
            _bare(given, field)
            continue
        value = field.value if field.key == "from" else words.one(field.value)
        setter = _SETTERS.get(field.key)
        if setter is None:
            guess = did_you_mean(field.key, _SETTERS)
            raise bad(f"unexpected key '{field.key}' in '{field.text}'{guess}")
        setter(given, field.key, value)
    _check(given)
    return given


def bad(message: str) -> DockerfileError:
    """The error for a mount that cannot be."""
    return DockerfileError(message, id="bad-mount")


def absolute(target: str, workdir: str) -> str:
    """A mount's target in the container, cleaned; what is relative is under WORKDIR."""
    path = "/" + posixpath.normpath(posixpath.join("/", workdir, target)).lstrip("/")
    if path == "/":
        raise bad(f"invalid mount target {quoted(path)}")
    return path


def _bare(given: Given, field: Field) -> None:
    if field.key in ("readonly", "ro"):
        given.read_only = True
    elif field.key in ("readwrite", "rw"):
        given.read_only = False
    elif field.key == "required":
        _required(given, field.key, "true")
    else:
        raise bad(f"invalid field '{field.text}' must be a key=value pair")


def _check(given: Given) -> None:
    if given.kind not in OWNED_TYPES:
        for name, value in (("mode", given.mode), ("uid", given.uid), ("gid", given.gid)):
            if value is not None:
                raise bad(f"{name} not allowed for {quoted(given.kind)} type mounts")
    if given.sharing and given.kind not in ("cache", "secret"):
        raise bad(f"invalid cache sharing set for {given.kind} mount")


def _kind(given: Given, key: str, value: str) -> None:
    if value.lower() not in TYPES:
        raise bad(f"unsupported mount type {quoted(value)}{did_you_mean(value, TYPES)}")
    given.kind = value.lower()


def _from(given: Given, key: str, value: str) -> None:
    given.from_ = value


def _source(given: Given, key: str, value: str) -> None:
    given.source = value


def _target(given: Given, key: str, value: str) -> None:
    given.target = value


def _read_only(given: Given, key: str, value: str) -> None:
    given.read_only = _boolean(key, value)


def _read_write(given: Given, key: str, value: str) -> None:
    given.read_only = not _boolean(key, value)


def _required(given: Given, key: str, value: str) -> None:
    if given.kind not in OPTIONAL_TYPES:
        raise bad(f"unexpected key '{key}' for mount type '{given.kind}'")
    given.required = _boolean(key, value)


def _size(given: Given, key: str, value: str) -> None:
    if given.kind != "tmpfs":
        raise bad(f"unexpected key '{key}' for mount type '{given.kind}'")
    try:
        given.size = ram_in_bytes(value)
    except ValueError:
        raise bad(f"invalid value for {key}: {value}") from None


def _id(given: Given, key: str, value: str) -> None:
    given.id = value


def _sharing(given: Given, key: str, value: str) -> None:
    if value.lower() not in SHARING:
        raise bad(f"unsupported sharing value {quoted(value)}{did_you_mean(value, SHARING)}")
    given.sharing = value.lower()


def _env(given: Given, key: str, value: str) -> None:
    given.env = value


def _mode(given: Given, key: str, value: str) -> None:
    given.mode = _number(key, value, 8)


def _uid(given: Given, key: str, value: str) -> None:
    given.uid = _number(key, value, 10)


def _gid(given: Given, key: str, value: str) -> None:
    given.gid = _number(key, value, 10)


def _boolean(key: str, value: str) -> bool:
    try:
        return truth(value)
    except ValueError:
        raise bad(f"invalid value for {key}: {value}") from None


def _number(key: str, value: str, base: int) -> int:
    digits = "0123456789"[:base]
    if not value or value.strip(digits) or int(value, base) >= _MOST:
        raise bad(f"invalid value {value} for {key}")
    return int(value, base)


_SETTERS: dict[str, Callable[[Given, str, str], None]] = {
    "type": _kind,
    "from": _from,
    "source": _source,
    "target": _target,
    "readonly": _read_only,
    "id": _id,
    "sharing": _sharing,
    "required": _required,
    "size": _size,
    "mode": _mode,
    "uid": _uid,
    "gid": _gid,
    "src": _source,
    "dst": _target,
    "destination": _target,
    "ro": _read_only,
    "rw": _read_write,
    "readwrite": _read_write,
    "env": _env,
}

"""Secrets: read when a step mounts them, kept in memory, seen by that step alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import Bind
from rootbuild.build.mounts.owner import give
from rootbuild.build.options import Secret
from rootbuild.errors import BuildError
from rootbuild.plan.mounts.secret import SecretMount

MOST_BYTES = 500 * 1024


def secret_value(secrets: Sequence[Secret], name: str) -> bytes | None:
    """The value of the secret with that id; None if the build has none. Raises BuildError."""
    secret = next((item for item in reversed(secrets) if item.id == name), None)
    return None if secret is None else _value(secret)


def read_secret(secrets: Sequence[Secret], mount: SecretMount) -> bytes | None:
    """The value of a secret, None if there is none and none is required. Raises BuildError."""
    value = secret_value(secrets, mount.id)
    if value is None and mount.required:
        raise BuildError(
            f"secret {mount.id}: not found",
            id="no-such-secret",
            hint=f"give it with --secret id={mount.id},src=FILE or --secret id={mount.id},env=NAME",
        )
    return value


def secret_file(mount: SecretMount, target: str, value: bytes, folder: Path) -> Bind:
    """The secret as a file; `folder` is in memory, and private to this mount."""
    path = folder / "secret"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(value)
    give(path, mount.mode, mount.uid, mount.gid)
    return Bind(path, target)


def _value(secret: Secret) -> bytes | None:
    if secret.path is None:
        value = os.environ.get(secret.env or secret.id)
        return None if value is None else os.fsencode(value)
    try:
        with secret.path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise BuildError(
            f"failed to read secret {secret.id}: {error.strerror}",
            id="no-such-secret",
            hint=f"it should be in {secret.path}",
        ) from error
    if len(data) > MOST_BYTES:
        raise BuildError(f"secret {secret.id} too big. max size 500KB", id="secret-too-big")
    return data

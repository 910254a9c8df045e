"""`type=secret`: a file or a variable that only the command sees."""

from __future__ import annotations

import posixpath

from rootbuild.plan.mounts.given import Given, absolute, bad
from rootbuild.records import dataclass

FOLDER = "/run/secrets"
DEFAULT_MODE = 0o400


@dataclass(frozen=True, slots=True)
class SecretMount:
    """The secret `id` as a file at `target`, as the variable `env`, or as both.

    Without it the step fails if it is `required`; else there is no file and no variable.
    """

    id: str
    target: str | None
    env: str | None
    required: bool
    mode: int
    uid: int
    gid: int

    @property
    def definition(self) -> tuple[object, ...]:
        """Key material: where it is, not what it is or whether there is one."""
        return ("secret", self.id, self.target, self.env, self.mode, self.uid, self.gid)


def secret_mount(given: Given, workdir: str) -> SecretMount:
    """Its id is the last name of the target if none was given. Raises DockerfileError."""
    if given.from_:
        raise bad("secret mount should not have a from")
    if given.sharing:
        raise bad("secret mount should not define sharing")
    if not (given.source or given.target or given.id):
        raise bad("invalid secret mount. one of source, target required")
    if given.source and given.id:
        raise bad("both source and id can't be set")
    identity = given.source or given.id or posixpath.basename(given.target.rstrip("/"))
    target = given.target or None
    if target is None and given.env is None:
        target = f"{FOLDER}/{posixpath.basename(identity.rstrip('/'))}"
    return SecretMount(
        id=identity,
        target=None if target is None else absolute(target, workdir),
        env=None if given.env is None else given.env or identity,
        required=given.required,
        mode=DEFAULT_MODE if given.mode is None else given.mode,
        uid=given.uid or 0,
        gid=given.gid or 0,
    )

"""`type=ssh`: a socket that leads to an SSH agent of the host."""

from __future__ import annotations

from rootbuild.plan.mounts.given import Given, absolute, bad
from rootbuild.records import dataclass

DEFAULT_ID = "default"
DEFAULT_MODE = 0o600


@dataclass(frozen=True, slots=True)
class SshMount:
    """The agent `id` at `target`; without it the step fails if it is `required`."""

    id: str
    target: str
    required: bool
    mode: int
    uid: int
    gid: int

    @property
    def definition(self) -> tuple[object, ...]:
        """Key material: where the socket is."""
        return ("ssh", self.id, self.target, self.mode, self.uid, self.gid)


def ssh_mount(given: Given, workdir: str, number: int) -> SshMount:
    """`number` counts the step's ssh mounts, for the default target. Raises DockerfileError."""
    if given.source:
        raise bad("ssh does not support source")
    return SshMount(
        id=given.id or DEFAULT_ID,
        target=absolute(given.target or f"/run/buildkit/ssh_agent.{number}", workdir),
        required=given.required,
        mode=DEFAULT_MODE if given.mode is None else given.mode,
        uid=given.uid or 0,
        gid=given.gid or 0,
    )

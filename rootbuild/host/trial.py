"""What was really tried on a host, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rootbuild.records import dataclass, field

# What a trial says where it was not made, as something that it needs has failed before.
NOT_MADE = "not tried"


@dataclass(frozen=True, slots=True)
class Trials:
    """Each is "" if it worked, else what went wrong.

    `namespace` is the engine's user namespace, which has `ids` ids; `unshare` one of our own with
    a single id. `ways` are an engine's ways by question, in the order of preference. `step` is a
    whole step of a build: a container is made, something runs in it, an image is made and removed.
    `container` runs without a network, `networked` with the usual one. `engine` and `runner` name
    what builds and what runs, "" if nothing can.
    """

    engine: str = ""
    runner: str = ""
    unshare: str = NOT_MADE
    namespace: str = NOT_MADE
    ids: int = 0
    overlay: str = NOT_MADE
    fuse_overlayfs: str = NOT_MADE
    ways: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    step: str = NOT_MADE
    container: str = NOT_MADE
    networked: str = NOT_MADE
    versions: Mapping[str, str] = field(default_factory=dict)

    def working(self, question: str) -> Sequence[str]:
        """The ways to answer a question that work, the best first."""
        return [name for name, said in self.ways.get(question, {}).items() if not said]

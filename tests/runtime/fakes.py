"""An engine that records what it is told and fails when it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rootbuild.backend import (
    EngineInfo,
    Event,
    Problem,
    StoredContainer,
    StoredImage,
    StoredNetwork,
    StoredVolume,
)
from rootbuild.choices import Choices

_SCRIPT = """
log=$1; shift
printf '%s\\n' "$*" >> "$log"
for word; do case $word in --cidfile=*) cid=${word#--cidfile=};; esac; done
if [ -n "$FAKE_CID" ] && [ -n "$cid" ]; then printf %s "$FAKE_CID" > "$cid"; fi
case " $FAKE_FAILS " in *" $1 "*) echo "engine: $1 failed" >&2; exit "$FAKE_STATUS";; esac
echo "did $1"
"""


@dataclass
class FakeRuntime:
    """Answers from lists; its command line is a shell script that writes a log."""

    log: Path
    known_images: Sequence[StoredImage] = ()
    known_containers: Sequence[StoredContainer] = ()
    known_networks: Sequence[tuple[str, str]] = ()
    known_volumes: Sequence[str] = ()
    anonymous_volumes: Sequence[str] = ()
    described: EngineInfo = field(default_factory=lambda: EngineInfo("1.0", "overlay", "/store"))
    fails: str = ""
    status: int = 125
    cid: str = ""
    name: str = "fake"
    default_network: str = "usual"
    known_descriptions: Sequence[StoredNetwork] = ()
    advice: list[Choices] = field(default_factory=list)

    def check(self) -> Problem | None:
        return None

    def advise(self, choices: Choices) -> None:
        self.advice.append(choices)

    def command(self, arguments: Sequence[str]) -> tuple[str, ...]:
        return ("sh", "-c", _SCRIPT, "fake", str(self.log), *arguments)

    def environment(self) -> Mapping[str, str]:
        return {
            "FAKE_FAILS": self.fails,
            "FAKE_STATUS": str(self.status),
            "FAKE_CID": self.cid,
        }

    def prepare(self) -> None:
        pass

    def images(self) -> Sequence[StoredImage]:
        return self.known_images

    def containers(self, *, sizes: bool = False) -> Sequence[StoredContainer]:
        return self.known_containers

    def networks(self) -> Sequence[tuple[str, str]]:
        return self.known_networks

    def described_networks(self, names: Sequence[str]) -> Sequence[StoredNetwork]:
        found = {each.name: each for each in self.known_descriptions}
        return [
            found.get(name, StoredNetwork(id, name))
            for id, name in self.known_networks
            if name in names
        ]

    def volumes(self, *, unused: bool = False) -> Sequence[StoredVolume]:
        named = [StoredVolume(name) for name in self.known_volumes]
        return [*named, *(StoredVolume(name, "", True) for name in self.anonymous_volumes)]

    def info(self) -> EngineInfo:
        return self.described

    def event(self, line: bytes) -> Event:
        raise NotImplementedError

    @property
    def told(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

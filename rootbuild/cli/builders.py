"""Builders by name: there is one, and other names for it that clients have made up."""

from __future__ import annotations

import json
from pathlib import Path

from platformdirs import user_state_path

from rootbuild.records import dataclass

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Builders:
    """All names, the default one first, and the one that is in use."""

    names: tuple[str, ...] = (DEFAULT,)
    current: str = DEFAULT

    def with_name(self, name: str) -> Builders:
        """With one more."""
        return self if name in self.names else Builders((*self.names, name), self.current)

    def without(self, name: str) -> Builders:
        """Without one; the default one stays."""
        kept = tuple(known for known in self.names if known != name or known == DEFAULT)
        return Builders(kept, self.current if self.current in kept else DEFAULT)

    def using(self, name: str) -> Builders:
        """With another one in use."""
        return Builders(self.names, name)


def read(path: Path | None = None) -> Builders:
    """What was noted; what cannot be understood counts as nothing."""
    try:
        noted = json.loads((path or _file()).read_text())
        names = tuple(str(name) for name in noted["names"] if name != DEFAULT)
        known = Builders((DEFAULT, *names))
        current = str(noted["current"])
    except (OSError, ValueError, KeyError, TypeError):
        return Builders()
    return known.using(current) if current in known.names else known


def write(builders: Builders, path: Path | None = None) -> None:
    """Note them, all at once."""
    file = path or _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"names": builders.names, "current": builders.current}))
    new.replace(file)


def check(name: str, noted: Builders) -> None:
    """Raise RuntimeRefusedError if there is no builder of that name."""
    if name not in noted.names:
        from rootbuild.errors import RuntimeRefusedError

        raise RuntimeRefusedError(
            f'no builder "{name}" found',
            id="no-such-builder",
            exit_code=1,
            hint="`buildx ls` shows all, `buildx create --name` makes one",
        )


def _file() -> Path:
    return user_state_path("rootbuild") / "builders.json"

"""What a stage knows at each instruction: the image's config, and the environment of the build."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.dockerfile.instructions import ArgPair
from rootbuild.image.config import HistoryEntry, ImageConfig, Pairs, set_pair
from rootbuild.records import dataclass, field, replace

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_SHELL = ("/bin/sh", "-c")
COMMENT = "buildkit.dockerfile.v0"


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage between two instructions.

    `env` is what expansion and RUN see: ENV and ARG together, in the order in which they were set.
    `args` are the ARGs declared so far, which the history of RUN names. `own_cmd` tells whether CMD
    was set in this stage, as ENTRYPOINT drops an inherited one.
    """

    config: ImageConfig
    env: Pairs = ()
    args: tuple[ArgPair, ...] = ()
    own_cmd: bool = False
    lookup: Mapping[str, str] = field(default_factory=dict)

    @property
    def shell(self) -> tuple[str, ...]:
        """What the shell form of a command is handed to."""
        return self.config.shell or DEFAULT_SHELL

    @property
    def workdir(self) -> str:
        """The current WORKDIR, absolute."""
        return self.config.working_dir or "/"

    def with_env(self, key: str, value: str) -> StageState:
        """The state after a variable of the build's environment was set."""
        env = set_pair(self.env, key, value)
        return replace(self, env=env, lookup=dict(env))

    def with_config(self, config: ImageConfig) -> StageState:
        """The state with another config."""
        return replace(self, config=config)

    def with_history(self, text: str, *, layer: bool = False) -> StageState:
        """The state with one more line of history."""
        entry = HistoryEntry(created_by=text, empty_layer=not layer, comment=COMMENT)
        config = replace(self.config, history=(*self.config.history, entry))
        return replace(self, config=config)


def from_image(config: ImageConfig) -> StageState:
    """The state right after FROM an image (or scratch, with an empty config)."""
    if not any(name == "PATH" for name, _ in config.env):
        config = replace(config, env=(*config.env, ("PATH", DEFAULT_PATH)))
    config = replace(config, onbuild=(), history=_aligned(config))
    return StageState(config=config, env=config.env, lookup=dict(config.env))


def from_stage(state: StageState) -> StageState:
    """The state right after FROM an earlier stage: its config and its ARGs go on."""
    return replace(state, own_cmd=False, config=replace(state.config, onbuild=()))


def _aligned(config: ImageConfig) -> tuple[HistoryEntry, ...]:
    """The base's history with exactly one line per layer, as some tools write none."""
    told = sum(1 for entry in config.history if not entry.empty_layer)
    missing = len(config.diff_ids) - told
    if missing < 0:
        return tuple(HistoryEntry("", empty_layer=False) for _ in config.diff_ids)
    padding = (HistoryEntry("", empty_layer=False, comment="layer without history"),) * missing
    return (*config.history, *padding)

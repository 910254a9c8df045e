"""What is known in a stage at each instruction, as far as rules ask for it."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.dockerfile.expand import ExpandError, expand
from rootbuild.dockerfile.instructions import AnyInstruction, Arg, Env, Shell, Workdir
from rootbuild.image.config import ImageConfig
from rootbuild.plan.state import DEFAULT_PATH
from rootbuild.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Build:
    """What is the same in all stages: build arguments, global ARGs, the escape character."""

    given: Mapping[str, str]
    globals: Mapping[str, str]
    escape: str = "\\"


@dataclass(frozen=True, slots=True)
class Scope:
    """A stage between two instructions.

    `env` holds ENV and ARG values, `declared` all ARGs, with a value or without. `anchored` tells
    that a WORKDIR was set, `own_shell` that a SHELL was.
    """

    env: Mapping[str, str] = field(default_factory=lambda: {"PATH": DEFAULT_PATH})
    declared: frozenset[str] = frozenset()
    anchored: bool = False
    own_shell: bool = False

    def after(self, instruction: AnyInstruction, build: Build) -> Scope:
        """The scope behind an instruction."""
        match instruction:
            case Arg():
                return self._with_args(instruction, build)
            case Env():
                pairs = {
                    self.expanded(pair.key, build): self.expanded(pair.value, build)
                    for pair in instruction.pairs
                }
                return replace(self, env={**self.env, **pairs})
            case Shell():
                return replace(self, own_shell=True)
            case Workdir():
                return replace(self, anchored=True)
            case _:
                return self

    def expanded(self, word: str, build: Build) -> str:
        """The word with its variables replaced, or as it is if it is malformed."""
        try:
            return expand(word, self.env, escape=build.escape)
        except ExpandError:
            return word

    def _with_args(self, arg: Arg, build: Build) -> Scope:
        env = dict(self.env)
        for pair in arg.pairs:
            value: str | None
            if pair.key in build.given:
                value = build.given[pair.key]
            elif pair.value is not None:
                value = replace(self, env=env).expanded(pair.value, build)
            else:
                value = build.globals.get(pair.key)
            if value is not None:
                env[pair.key] = value
        keys = frozenset(pair.key for pair in arg.pairs)
        return replace(self, env=env, declared=self.declared | keys)


def scope_of_image(config: ImageConfig | None) -> Scope:
    """The scope behind FROM an image; None is one whose config is not known, or scratch."""
    if config is None:
        return Scope()
    return Scope(env={"PATH": DEFAULT_PATH, **dict(config.env)}, own_shell=bool(config.shell))

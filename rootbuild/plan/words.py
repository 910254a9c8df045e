"""Expansion of an instruction's words against a stage's environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rootbuild.dockerfile.expand import ExpandError, expand, expand_raw, expand_words
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Expands words with one snapshot of the environment, as each instruction sees just one."""

    env: Mapping[str, str]
    escape: str

    def one(self, word: str) -> str:
        """`word` with variables replaced and quotes removed."""
        try:
            return expand(word, self.env, escape=self.escape)
        except ExpandError as error:
            raise DockerfileError(str(error)) from error

    def maybe(self, word: str | None) -> str | None:
        """As `one`, and None for None."""
        return None if word is None else self.one(word)

    def all(self, words: Iterable[str]) -> tuple[str, ...]:
        """Each of `words` expanded."""
        return tuple(self.one(word) for word in words)

    def split(self, words: Iterable[str]) -> tuple[str, ...]:
        """Each of `words` expanded, and the results split at white space that is not quoted."""
        try:
            return tuple(
                found
                for word in words
                for found in expand_words(word, self.env, escape=self.escape)
            )
        except ExpandError as error:
            raise DockerfileError(str(error)) from error

    def raw(self, text: str) -> str:
        """The body of a heredoc with variables replaced and quotes kept."""
        try:
            return expand_raw(text, self.env)
        except ExpandError as error:
            raise DockerfileError(str(error)) from error

"""Instructions as progress shows them: the keyword in upper case, and variables replaced."""

from __future__ import annotations

from collections.abc import Iterable

from rootbuild.dockerfile.expand import ExpandError, expand, expand_quoted
from rootbuild.plan.words import Words

HIDDEN = "****"


def shown(text: str, words: Words) -> str:
    """An instruction whose words are the builder's: what they come to, without quotes.

    What cannot be expanded is shown as it is.
    """
    try:
        return _upper(expand(text, words.env, escape=words.escape))
    except ExpandError:
        return _upper(text)


def shown_run(text: str, words: Words, secrets: Iterable[str]) -> str:
    """A RUN, whose quotes are the shell's, as are variables that are not known here.

    `secrets` are variables whose values nobody may see.
    """
    env = {**words.env, **dict.fromkeys(secrets, HIDDEN)}
    try:
        return _upper(expand_quoted(text, env, escape=words.escape))
    except ExpandError:
        return _upper(text)


def _upper(text: str) -> str:
    keyword, space, rest = text.partition(" ")
    return keyword.upper() + space + rest

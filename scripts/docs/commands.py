"""Write the reference of all commands, from the program's own help.

usage: commands.py FILE
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

from rootbuild.cli import main, registry

HEAD = """\
# Commands

The program's own help, collected by `make docs`. Groups and short forms are docker's.
"""


def help_of(*words: str) -> str:
    """What `rootbuild WORDS --help` prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        main.main([*words, "--help"])
    return text.getvalue().rstrip()


def reference() -> str:
    """The whole page."""
    parts = [HEAD, f"```text\n{help_of()}\n```\n"]
    for words in sorted(command.path for command in registry.commands() if not command.hidden):
        parts.append(f"## rootbuild {' '.join(words)}\n\n```text\n{help_of(*words)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), "utf-8")

"""`rootbuild dockerfile ast|graph`: a Dockerfile's content, shown without building anything."""

from __future__ import annotations

import sys
from pathlib import Path

from rootbuild.cli.build_options import build_args
from rootbuild.cli.parse import Parsed
from rootbuild.errors import ContextError, UsageError

STDIN = "-"


def ast(parsed: Parsed) -> int:
    """The instructions as they are written."""
    from rootbuild.describe.ast import ast_json, ast_text
    from rootbuild.dockerfile.tree import parse_tree

    data, name = _read(parsed.args[0])
    tree = parse_tree(data, name)
    sys.stdout.write(ast_json(tree) if parsed.switch("json") else ast_text(tree))
    return 0


def graph(parsed: Parsed) -> int:
    """The stages and what they need of each other."""
    from rootbuild.api import validate
    from rootbuild.context.named import read_contexts
    from rootbuild.describe.picture import FORMATS

    wanted = parsed.text("format") or "text"
    if wanted not in FORMATS:
        raise UsageError(
            f'invalid argument "{wanted}" for "--format" flag', hint="one of: " + ", ".join(FORMATS)
        )
    data, name = _read(parsed.args[0])
    found = validate(
        data,
        name,
        build_args=build_args(parsed.all("build-arg")),
        target=parsed.text("target") or None,
        contexts=read_contexts(parsed.all("build-context")),
    )
    sys.stdout.write(FORMATS[wanted](found))
    return 0


def _read(text: str) -> tuple[bytes, str]:
    """A file's content and what messages call it; `-` is standard input."""
    if text == STDIN:
        return sys.stdin.buffer.read(), "Dockerfile"
    path = Path(text)
    try:
        return path.read_bytes(), path.name
    except OSError as error:
        raise ContextError(
            f"failed to read dockerfile: open {text}: {(error.strerror or '').lower()}",
            id="dockerfile-missing",
            hint="name the Dockerfile itself, or - for standard input",
        ) from error

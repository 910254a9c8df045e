"""What other programs may import: Dockerfiles read, expanded, validated and linted.

These names and their arguments stay; docs/api.md shows them at work. Nothing here starts a program
or touches an image store.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rootbuild.context.ignorefile import find_ignore_file
from rootbuild.context.named import NO_CONTEXTS, NamedContexts, read_contexts
from rootbuild.dockerfile.expand import ExpandError, expand_words
from rootbuild.dockerfile.expand import expand as _expand
from rootbuild.dockerfile.ignore import parse_ignore
from rootbuild.dockerfile.instructions import Dockerfile
from rootbuild.dockerfile.parse import parse
from rootbuild.dockerfile.tree import Tree, parse_tree
from rootbuild.errors import DockerfileError, RootbuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import StageGraph
from rootbuild.image.config import ImageConfig
from rootbuild.image.platform import Platform, build_platform, parse_platform
from rootbuild.lint.check import Lint, Result, lint
from rootbuild.lint.rules import RULES, Rule, Warning

__all__ = [
    "RULES",
    "Dockerfile",
    "DockerfileError",
    "ExpandError",
    "Lint",
    "NamedContexts",
    "Platform",
    "Result",
    "RootbuildError",
    "Rule",
    "StageGraph",
    "Tree",
    "Warning",
    "expand",
    "lint",
    "lint_file",
    "parse",
    "parse_platform",
    "parse_tree",
    "read_contexts",
    "split_words",
    "validate",
]


def expand(word: str, env: Mapping[str, str], *, escape: str = "\\") -> str:
    """`word` with variables replaced and quotes removed. Raises ExpandError."""
    return _expand(word, env, escape=escape)


def split_words(text: str, env: Mapping[str, str], *, escape: str = "\\") -> tuple[str, ...]:
    """`text` expanded and split at white space that is not quoted, as EXPOSE's words are.

    Raises ExpandError.
    """
    return expand_words(text, env, escape=escape)


def validate(
    data: bytes,
    name: str = "Dockerfile",
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: Platform | None = None,
    contexts: NamedContexts = NO_CONTEXTS,
) -> StageGraph:
    """Read a whole file: its instructions, its stages, and what they need of each other.

    `contexts` are those that `--build-context` would give (`read_contexts`). Raises
    DockerfileError with the place of the first thing that is wrong.
    """
    build = build_platform()
    return resolve(
        parse(data, name),
        build_args=build_args or {},
        build=build,
        target_platform=platform or build,
        target=target,
        contexts=contexts,
    )


def lint_file(
    path: Path,
    context: Path | None = None,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: Platform | None = None,
    configs: Mapping[str, ImageConfig] | None = None,
    contexts: NamedContexts = NO_CONTEXTS,
) -> Result:
    """Check a Dockerfile, all stages or those that `target` needs, with its ignore file.

    That is `<path>.dockerignore`, else `.dockerignore` in `context`, which is the Dockerfile's
    folder if not given. Raises DockerfileError for what cannot be parsed, OSError for a file that
    cannot be read.
    """
    dockerfile = parse(path.read_bytes(), path.name)
    with Rootfs(context or path.parent) as root:
        ignore = find_ignore_file(root, path)
    asked = Lint(
        build_args=build_args or {},
        ignore=() if ignore is None else parse_ignore(ignore.content),
        target=target,
        platform=platform,
        whole=True,
        configs=configs or {},
        contexts=contexts,
    )
    return lint(dockerfile, asked)

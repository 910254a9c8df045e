"""What the rules have to say about the Dockerfile, while it is built or instead."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.build.inputs import Source, ignore_patterns
from rootbuild.build.options import BuildOptions
from rootbuild.build.vertices import Vertices
from rootbuild.dockerfile.instructions import Dockerfile
from rootbuild.image.config import ImageConfig
from rootbuild.lint.check import Lint, lint, lint_data


def show_warnings(
    vertices: Vertices,
    options: BuildOptions,
    source: Source,
    dockerfile: Dockerfile,
    configs: Mapping[str, ImageConfig],
) -> tuple[str, ...]:
    """Print warnings about the stages that are built, and give them.

    Raises what `check=error=true` asks for.
    """
    reserved = (
        f"--build-context {name} has no effect: the name is reserved"
        for name in options.contexts.reserved
    )
    result = lint(dockerfile, lint_options(options, source, configs))
    texts = (*reserved, *map(str, result.warnings))
    for text in texts:
        vertices.warn(text)
    if result.error is not None:
        raise result.error
    return texts


def show_known_warnings(vertices: Vertices, options: BuildOptions, source: Source) -> None:
    """Print what is known about a file that cannot be built because of an error in it."""
    asked = Lint(build_args=options.build_args, target=options.target)
    for warning in lint_data(source.data, source.name, asked).warnings:
        vertices.warn(str(warning))


def lint_options(
    options: BuildOptions,
    source: Source,
    configs: Mapping[str, ImageConfig],
    *,
    whole: bool = False,
) -> Lint:
    """A build's options as far as they matter to the rules."""
    return Lint(
        build_args=options.build_args,
        ignore=ignore_patterns(source),
        target=options.target,
        platform=options.platform,
        whole=whole,
        configs=configs,
        contexts=options.contexts,
    )

"""A Dockerfile's text -> typed instructions, checked as far as the file alone tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rootbuild.dockerfile.arguments import keywords
from rootbuild.dockerfile.instructions import AnyInstruction, Arg, Dockerfile, From
from rootbuild.dockerfile.parsers import commands, files, metadata, onbuild, stages
from rootbuild.dockerfile.parsers.request import Request
from rootbuild.dockerfile.suggest import did_you_mean
from rootbuild.dockerfile.tree import Node, Tree, parse_tree, parse_tree_text
from rootbuild.errors import DockerfileError, Location

_PARSERS: Mapping[str, Callable[[Request], AnyInstruction]] = {
    "ADD": files.parse_add,
    "ARG": stages.parse_arg,
    "CMD": commands.parse_cmd,
    "COPY": files.parse_copy,
    "ENTRYPOINT": commands.parse_entrypoint,
    "ENV": metadata.parse_env,
    "EXPOSE": metadata.parse_expose,
    "FROM": stages.parse_from,
    "HEALTHCHECK": commands.parse_healthcheck,
    "LABEL": metadata.parse_label,
    "MAINTAINER": metadata.parse_maintainer,
    "ONBUILD": onbuild.parse_onbuild,
    "RUN": commands.parse_run,
    "SHELL": commands.parse_shell,
    "STOPSIGNAL": metadata.parse_stopsignal,
    "USER": metadata.parse_user,
    "VOLUME": metadata.parse_volume,
    "WORKDIR": metadata.parse_workdir,
}


def parse(data: bytes, name: str = "Dockerfile") -> Dockerfile:
    """Parse a whole file; `name` is what messages call it.

    Raises DockerfileError with the place of the first thing that is wrong.
    """
    return type_tree(parse_tree(data, name))


def type_tree(tree: Tree) -> Dockerfile:
    """The typed instructions of a tree. Raises DockerfileError."""
    dockerfile, error = type_so_far(tree)
    if error is not None:
        raise error
    return dockerfile


def type_so_far(tree: Tree) -> tuple[Dockerfile, DockerfileError | None]:
    """The typed instructions in front of the first error, and that error if there is one."""
    instructions: list[AnyInstruction] = []
    try:
        _type_into(instructions, tree)
    except DockerfileError as error:
        return _dockerfile(tree, instructions), error
    return _dockerfile(tree, instructions), None


def _type_into(instructions: list[AnyInstruction], tree: Tree) -> None:
    in_stage = False
    for node in tree.nodes:
        location = Location(tree.name, node.start_line, node.end_line)
        try:
            instruction = type_node(node, location)
            in_stage = in_stage or isinstance(instruction, From)
            if not in_stage and not isinstance(instruction, Arg):
                raise DockerfileError(
                    "no build stage in current context",
                    id="no-stage",
                    hint="only ARG may stand before the first FROM",
                )
        except DockerfileError as error:
            error.locate(location, tree.source)
            raise
        instructions.append(instruction)
    if not in_stage:
        raise DockerfileError(
            "dockerfile contains no stages to build",
            id="no-stage",
            hint="add FROM and the image to start from",
        )


def _dockerfile(tree: Tree, instructions: Sequence[AnyInstruction]) -> Dockerfile:
    return Dockerfile(
        name=tree.name,
        source=tree.source,
        escape=tree.escape,
        directives=tree.directives,
        instructions=tuple(instructions),
        warnings=tree.warnings,
        comments=tuple(node.comments for node in tree.nodes[: len(instructions)]),
    )


def type_node(node: Node, location: Location) -> AnyInstruction:
    """The typed instruction of one node. Raises DockerfileError without a place."""
    parser = _PARSERS.get(node.name)
    if parser is None:
        suggestion = did_you_mean(node.keyword, keywords(), ignore_case=True)
        raise DockerfileError(
            f"unknown instruction: {node.keyword}{suggestion}",
            id="unknown-instruction",
            hint="a line that goes on in the next one ends with the escape character",
        )
    return parser(Request(node, location))


def parse_trigger(expression: str, location: Location, escape: str = "\\") -> AnyInstruction:
    """The instruction that an ONBUILD expression, heredocs included, triggers.

    It takes `location`, as do errors: that is the FROM that brought it in. Raises DockerfileError.
    """
    try:
        nodes = parse_tree_text(expression, escape)
        if len(nodes) != 1:
            raise DockerfileError("onbuild trigger should be a single expression", id="bad-onbuild")
        onbuild.refuse_trigger(nodes[0].name)
        return type_node(nodes[0], location)
    except DockerfileError as error:
        error.locate(location)
        raise

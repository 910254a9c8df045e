"""Blocks of definitions: what may stand in them."""

from __future__ import annotations

from collections.abc import Iterable

from rootbuild.bake.failure import BakeError
from rootbuild.bake.nodes import Block
from rootbuild.dockerfile.suggest import nearest

BLOCKS = ("group", "target", "variable", "function")


def check_label(block: Block) -> None:
    """See whether a block has the name that it needs. Raises BakeError."""
    if len(block.labels) != 1:
        raise block.source.error(f"A {block.type} block has one label: its name", block.line)


def check_arguments(block: Block, names: Iterable[str], blocks: tuple[str, ...] = ()) -> None:
    """See whether a block has nothing in it but what is known. Raises BakeError."""
    known = tuple(names)
    for name, attribute in block.body.attributes.items():
        if name not in known:
            near = nearest(name, known)
            hint = f'did you mean "{near}"?' if near else ""
            raise block.source.error(
                f'Unsupported argument; an argument named "{name}" is not expected here',
                attribute.line, hint,
            )  # fmt: skip
    for inner in block.body.blocks:
        if inner.type not in blocks:
            raise unknown_block(inner)


def unknown_block(block: Block) -> BakeError:
    """The error for a block that may not stand where it does."""
    near = nearest(block.type, BLOCKS)
    hint = f'did you mean "{near}"?' if near else ""
    message = f'Unsupported block type; blocks of type "{block.type}" are not expected here'
    return block.source.error(message, block.line, hint)

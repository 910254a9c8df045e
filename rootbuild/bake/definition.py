"""Bodies of HCL files -> a Definition."""

from __future__ import annotations

import itertools

from rootbuild.bake.blocks import BLOCKS, check_arguments, check_label, unknown_block
from rootbuild.bake.definitions import Definitions
from rootbuild.bake.evaluate import Inner, Scope
from rootbuild.bake.failure import Failed
from rootbuild.bake.nodes import Block, Value
from rootbuild.bake.target import FIELDS, Definition, Group, Target, check_name, read_field
from rootbuild.bake.values import Unfit, as_list, as_map, as_string

_TARGET_ALONE = ("matrix", "name")


def define(definitions: Definitions, known: Definition) -> Definition:
    """Put what HCL files define over what is known. Raises BakeError."""
    for body in definitions.bodies:
        for block in body.blocks:
            if block.type not in BLOCKS:
                raise unknown_block(block)
    definitions.check_variables()
    for block in definitions.blocks("target"):
        known = _with_targets(known, definitions, block)
    for block in definitions.blocks("group"):
        known = known.with_group(_group(definitions, block))
    return Definition(known.groups, known.targets, definitions.listed())


def _with_targets(known: Definition, definitions: Definitions, block: Block) -> Definition:
    """The targets of a block: one, or those of its matrix, and a group of these by its label."""
    check_label(block)
    check_arguments(block, (*FIELDS, *_TARGET_ALONE))
    names = []
    for scope in _scopes(definitions, block):
        target = _target(definitions, block, scope)
        names.append(target.name)
        known = known.with_target(target)
    if names != [block.labels[0]]:
        known = known.with_group(Group(block.labels[0], tuple(dict.fromkeys(names))))
    return known


def _scopes(definitions: Definitions, block: Block) -> list[Scope]:
    matrix = block.body.attributes.get("matrix")
    if matrix is None:
        return [definitions]
    with block.source.located():
        try:
            table = as_map(definitions.value(matrix))
            rows = [as_list(table[name]) for name in table]
        except Unfit as unfit:
            raise Failed(f"matrix must be a map of lists; {unfit}", matrix.line) from unfit
    return [
        Inner(definitions, dict(zip(table, row, strict=True))) for row in itertools.product(*rows)
    ]


def _target(definitions: Definitions, block: Block, scope: Scope) -> Target:
    found = block.body.attributes
    name: Value = block.labels[0]
    if "name" in found:
        if "matrix" not in found:
            raise block.source.error("name requires matrix", found["name"].line)
        name = definitions.value(found["name"], scope)
    fields = {}
    with block.source.located():
        for key, attribute in found.items():
            if key in FIELDS and (value := definitions.value(attribute, scope)) is not None:
                fields[key] = _fit(key, value, attribute.line)
        try:
            return Target(check_name(as_string(name)), fields)
        except Unfit as unfit:
            raise Failed(str(unfit), block.line) from unfit


def _fit(key: str, value: Value, line: int) -> Value:
    try:
        return read_field(key, value)
    except Unfit as unfit:
        raise Failed(f'Unsuitable value type; inappropriate value for attribute "{key}": {unfit}',
                     line) from unfit  # fmt: skip


def _group(definitions: Definitions, block: Block) -> Group:
    check_label(block)
    for name in _TARGET_ALONE:
        if name in block.body.attributes:
            raise block.source.error(f"{name} is not supported for groups",
                                     block.body.attributes[name].line)  # fmt: skip
    check_arguments(block, ("targets", "description"))
    found = block.body.attributes
    if "targets" not in found:
        raise block.source.error(
            'Missing required argument; the argument "targets" is required', block.line
        )
    with block.source.located():
        try:
            targets = as_list(definitions.value(found["targets"]))
            names = dict.fromkeys(as_string(target) for target in targets)
            description = definitions.value(found["description"]) if "description" in found else ""
            return Group(check_name(block.labels[0]), tuple(names), as_string(description))
        except Unfit as unfit:
            raise Failed(f"Unsuitable value type; {unfit}", block.line) from unfit

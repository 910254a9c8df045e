"""Bodies of HCL files -> a Definition: variables, functions, blocks and what they refer to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rootbuild.bake import functions, variables
from rootbuild.bake.evaluate import Inner, Scope, evaluate
from rootbuild.bake.failure import Failed, Source
from rootbuild.bake.nodes import Attribute, Block, Body, ListOf, Name, Value
from rootbuild.bake.target import (
    FIELDS,
    Definition,
    Group,
    Target,
    Variable,
    check_name,
    read_field,
)
from rootbuild.bake.values import Unfit, as_bool, as_list, as_map, as_string, kind
from rootbuild.bake.variables import Declared

BLOCKS = ("group", "target", "variable", "function")
_TARGET_ALONE = ("matrix", "name")

Lookup = Callable[[str], str | None]


class Referred(dict[str, Value]):
    """A map whose items are found when they are asked for, such as `target.a.args`."""

    def __init__(self, names: Iterable[str], find: Callable[[str], Value]) -> None:
        super().__init__(dict.fromkeys(names))
        self._find = find

    def __getitem__(self, name: str) -> Value:
        return self._find(name)


@dataclass(slots=True)
class Definitions:
    """All files together. `lookup` gives what the environment says about a variable; `builtin`
    are variables that need no declaration.
    """

    bodies: tuple[Body, ...]
    lookup: Lookup
    builtin: Mapping[str, str]
    _known: dict[str, Value] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)

    def blocks(self, kind_: str) -> Iterator[Block]:
        """The blocks of a type, in all files."""
        return (block for body in self.bodies for block in body.named(kind_))

    # -- a Scope ---------------------------------------------------------------------------------

    def variable(self, name: str, line: int) -> Value:
        """A variable, an attribute of a file, or the blocks of a type. Raises Failed."""
        if name in self._known:
            return self._known[name]
        if name in ("target", "group"):
            return Referred(self._labels(name), lambda label: self._block_value(name, label))
        if name in self._asked:
            raise Failed(f"variable cycle not allowed for {name}", line)
        self._asked.append(name)
        try:
            value = self._resolve(name, line)
        finally:
            self._asked.pop()
        self._known[name] = value
        return value

    def call(self, name: str, args: list[Value], line: int) -> Value:
        """A function of the files, or a known one. Raises Failed."""
        for block in self.blocks("function"):
            if block.labels == (name,):
                return self._own_function(block, args, line)
        if name not in functions.FUNCTIONS:
            raise self._no_function(name, line)
        try:
            return functions.apply(name, args)
        except Unfit as unfit:
            raise Failed(f'Error in function call; call to function "{name}" failed: {unfit}',
                         line) from unfit  # fmt: skip

    # -- variables -------------------------------------------------------------------------------

    def declared(self) -> dict[str, Declared]:
        """The variables that are declared; of several by a name the last counts."""
        found = {}
        for block in self.blocks("variable"):
            _labelled(block)
            _expect(block, variables.KNOWN, ("validation",))
            found[block.labels[0]] = Declared(block.labels[0], block)
        return found

    def _resolve(self, name: str, line: int) -> Value:
        declared = self.declared().get(name)
        attribute = self._attribute(name)
        if attribute is None and declared is None and name not in self.builtin:
            raise self._no_variable(name, line)
        if attribute is None and declared is not None:
            attribute = declared.default
        wanted = None if declared is None else declared.type
        value: Value = self.builtin.get(name, "" if wanted is None else None)
        if attribute is not None:
            value = self.value(attribute)
        if declared is None:
            return value
        with declared.block.source.located():
            try:
                return self._overridden(declared, value)
            except Unfit as unfit:
                raise Failed(f"Invalid value of variable {name}; {unfit}",
                             declared.block.line) from unfit  # fmt: skip

    def _overridden(self, declared: Declared, value: Value) -> Value:
        wanted = declared.type
        given = self.lookup(declared.name)
        if given is not None:
            return variables.from_text(given, value, wanted)
        as_json = None if wanted is None else self.lookup(f"{declared.name}_JSON")
        if as_json is not None:
            value = variables.from_json(as_json)
        return value if wanted is None else variables.convert(value, wanted)

    def check_variables(self) -> None:
        """See whether all variables pass their validations. Raises BakeError."""
        for name, declared in self.declared().items():
            with declared.block.source.located():
                self.variable(name, declared.block.line)
                for block in declared.block.body.named("validation"):
                    self._validate(name, block)

    def _validate(self, name: str, block: Block) -> None:
        condition = block.body.attributes.get("condition")
        message = block.body.attributes.get("error_message")
        if condition is None:
            raise Failed('Missing required argument; the argument "condition" is required',
                         block.line)  # fmt: skip
        if as_bool(self.value(condition)):
            return
        said = "" if message is None else as_string(self.value(message))
        raise Failed(f"Validation failed; {said or f'the value of {name} is not valid'}",
                     condition.line)  # fmt: skip

    def listed(self) -> tuple[Variable, ...]:
        """All declared variables with their values."""
        found = []
        for name, declared in self.declared().items():
            value = self.variable(name, declared.block.line)
            description = declared.block.body.attributes.get("description")
            found.append(
                Variable(
                    name,
                    variables.type_text(declared.type, value),
                    _listed(value),
                    "" if description is None else as_string(self.value(description)),
                )
            )
        return tuple(found)

    def _attribute(self, name: str) -> Attribute | None:
        found = [body.attributes[name] for body in self.bodies if name in body.attributes]
        return found[-1] if found else None

    def value(self, attribute: Attribute, scope: Scope | None = None) -> Value:
        """What an attribute comes to. Raises BakeError."""
        with attribute.source.located():
            return evaluate(attribute.expression, scope or self)

    def _no_variable(self, name: str, line: int) -> Failed:
        from rootbuild.dockerfile.suggest import nearest

        near = nearest(name, [*self.declared(), *self.builtin])
        hint = f'did you mean "{near}"?' if near else ""
        return Failed(f'Unknown variable; there is no variable named "{name}"', line, hint)

    # -- functions -------------------------------------------------------------------------------

    def _own_function(self, block: Block, args: list[Value], line: int) -> Value:
        _expect(block, ("params", "variadic_params", "result"))
        found = block.body.attributes
        params = _names(found.get("params"))
        many = found.get("variadic_params")
        result = found.get("result")
        if result is None:
            raise block.source.error(f'Function "{block.labels[0]}" has no result', block.line)
        if len(args) < len(params) or (len(args) > len(params) and many is None):
            raise Failed(f'Function "{block.labels[0]}" expects {len(params)} argument(s)', line)
        names: dict[str, Value] = dict(zip(params, args, strict=False))
        if many is not None and isinstance(many.expression, Name):
            names[many.expression.name] = args[len(params) :]
        return self.value(result, Inner(self, names))

    def _no_function(self, name: str, line: int) -> Failed:
        from rootbuild.dockerfile.suggest import nearest

        own = [block.labels[0] for block in self.blocks("function") if block.labels]
        near = nearest(name, [*own, *functions.FUNCTIONS, *functions.LAZY])
        hint = f'did you mean "{near}"?' if near else ""
        return Failed(f'Call to unknown function; there is no function named "{name}"', line, hint)

    # -- blocks ----------------------------------------------------------------------------------

    def _labels(self, kind_: str) -> list[str]:
        return [block.labels[0] for block in self.blocks(kind_) if block.labels]

    def _block_value(self, kind_: str, label: str) -> Value:
        found = {
            name: attribute
            for block in self.blocks(kind_)
            if block.labels == (label,)
            for name, attribute in block.body.attributes.items()
        }
        return Referred(found, lambda name: self._guarded(kind_, label, found[name]))

    def _guarded(self, kind_: str, label: str, attribute: Attribute) -> Value:
        name = f"{kind_}.{label}.{attribute.name}"
        if name in self._asked:
            raise attribute.source.error(f"variable cycle not allowed for {name}", attribute.line)
        self._asked.append(name)
        try:
            return self.value(attribute)
        finally:
            self._asked.pop()


def define(definitions: Definitions, known: Definition) -> Definition:
    """Put what HCL files define over what is known. Raises BakeError."""
    for body in definitions.bodies:
        for block in body.blocks:
            if block.type not in BLOCKS:
                raise _unknown_block(block)
    definitions.check_variables()
    for block in definitions.blocks("target"):
        known = _with_targets(known, definitions, block)
    for block in definitions.blocks("group"):
        known = known.with_group(_group(definitions, block))
    return Definition(known.groups, known.targets, definitions.listed())


def _with_targets(known: Definition, definitions: Definitions, block: Block) -> Definition:
    """The targets of a block: one, or those of its matrix, and a group of these by its label."""
    _labelled(block)
    _expect(block, (*FIELDS, *_TARGET_ALONE))
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
    return [Inner(definitions, dict(zip(table, row, strict=True))) for row in itertools.product(*rows)]


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
    _labelled(block)
    for name in _TARGET_ALONE:
        if name in block.body.attributes:
            raise block.source.error(f"{name} is not supported for groups",
                                     block.body.attributes[name].line)  # fmt: skip
    _expect(block, ("targets", "description"))
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


def _labelled(block: Block) -> None:
    if len(block.labels) != 1:
        raise block.source.error(f"A {block.type} block has one label: its name", block.line)


def _expect(block: Block, names: Iterable[str], blocks: tuple[str, ...] = ()) -> None:
    from rootbuild.dockerfile.suggest import nearest

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
            raise _unknown_block(inner)


def _unknown_block(block: Block) -> Exception:
    from rootbuild.dockerfile.suggest import nearest

    near = nearest(block.type, BLOCKS)
    hint = f'did you mean "{near}"?' if near else ""
    message = f'Unsupported block type; blocks of type "{block.type}" are not expected here'
    return block.source.error(message, block.line, hint)


def _names(attribute: Attribute | None) -> list[str]:
    if attribute is None or not isinstance(attribute.expression, ListOf):
        return []
    return [item.name for item in attribute.expression.items if isinstance(item, Name)]


def _listed(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, (list, dict)):
        return str(functions.apply("jsonencode", [value]))
    return as_string(value)


__all__ = ["Definitions", "Source", "define", "kind"]

"""What names mean in definition files: variables, functions, and fields of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from rootbuild.bake import functions, variables
from rootbuild.bake.blocks import check_arguments, check_label
from rootbuild.bake.evaluate import Inner, Scope, evaluate
from rootbuild.bake.failure import Failed
from rootbuild.bake.nodes import Attribute, Block, Body, ListOf, Name, Value
from rootbuild.bake.target import Variable
from rootbuild.bake.values import Unfit, as_bool, as_string
from rootbuild.bake.variables import Declared
from rootbuild.dockerfile.suggest import nearest
from rootbuild.records import dataclass, field

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
            check_label(block)
            check_arguments(block, variables.KNOWN, ("validation",))
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
        near = nearest(name, [*self.declared(), *self.builtin])
        hint = f'did you mean "{near}"?' if near else ""
        return Failed(f'Unknown variable; there is no variable named "{name}"', line, hint)

    # -- functions -------------------------------------------------------------------------------

    def _own_function(self, block: Block, args: list[Value], line: int) -> Value:
        check_arguments(block, ("params", "variadic_params", "result"))
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

"""A template's tree + data -> text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rootbuild.errors import unreachable
from rootbuild.template.failure import TemplateError
from rootbuild.template.functions import FUNCTIONS
from rootbuild.template.tree import (
    Block,
    Constant,
    Field,
    Function,
    Leave,
    Nested,
    Node,
    Operand,
    Output,
    Pipe,
    Text,
    Variable,
)
from rootbuild.template.values import Record, Value, kind, shown, truth


def evaluate(nodes: Sequence[Node], data: Value) -> str:
    """The output. Raises TemplateError for what the data does not have."""
    evaluator = _Evaluator(data)
    evaluator.walk(nodes, data)
    return "".join(evaluator.output)


class _Left(Exception):  # noqa: N818 - a way out of a loop
    """`break` or `continue` was reached."""


class _Evaluator:
    def __init__(self, data: Value) -> None:
        self.output: list[str] = []
        self._scopes: list[dict[str, Value]] = [{"": data}]
        self._line = 1

    def walk(self, nodes: Sequence[Node], dot: Value) -> None:
        for node in nodes:
            match node:
                case Text():
                    self.output.append(node.text)
                case Output():
                    self._line = node.line
                    value = self._pipe(node.pipe, dot)
                    if not node.pipe.variables:
                        self.output.append(shown(value))
                case Block():
                    self._block(node, dot)
                case Leave():
                    raise _Left(node.keyword)
                case _:
                    unreachable(node)

    def _block(self, node: Block, dot: Value) -> None:
        self._line = node.line
        self._scopes.append({})
        try:
            if node.keyword == "range":
                self._range(node, dot)
                return
            value = self._pipe(node.pipe, dot)
            inner = value if node.keyword == "with" and truth(value) else dot
            self.walk(node.body if truth(value) else node.otherwise, inner)
        finally:
            self._scopes.pop()

    def _range(self, node: Block, dot: Value) -> None:
        pipe = node.pipe
        values = list(self._items(self._pipe(Pipe(pipe.commands), dot)))
        if not values:
            self.walk(node.otherwise, dot)
        for key, value in values:
            names = pipe.variables
            if names:
                given = (key, value) if len(names) > 1 else (value,)
                self._scopes[-1].update(zip(names, given, strict=True))
            try:
                self.walk(node.body, value)
            except _Left as left:
                if str(left) == "break":
                    return

    def _items(self, value: Value) -> Iterator[tuple[Value, Value]]:
        if value is None:
            return
        if isinstance(value, int) and not isinstance(value, bool):
            yield from ((number, number) for number in range(value))
        elif isinstance(value, Mapping) and not isinstance(value, Record):
            yield from ((key, value[key]) for key in sorted(value))
        elif isinstance(value, (list, tuple)):
            yield from enumerate(value)
        else:
            raise self._failed(".", f"range can't iterate over {shown(value)}")

    def _pipe(self, pipe: Pipe, dot: Value) -> Value:
        value = self._command(pipe.commands[0], dot)
        for command in pipe.commands[1:]:
            value = self._command(command, dot, (value,))
        for name in pipe.variables[:1]:
            self._assign(name, value, declares=pipe.declares)
        return value

    def _assign(self, name: str, value: Value, *, declares: bool) -> None:
        scopes = [scope for scope in reversed(self._scopes) if name in scope]
        if not declares and not scopes:
            raise TemplateError(f'template: :{self._line}: undefined variable "${name}"')
        (self._scopes[-1] if declares else scopes[0])[name] = value

    def _command(
        self, operands: Sequence[Operand], dot: Value, piped: tuple[Value, ...] = ()
    ) -> Value:
        first, *rest = operands
        if isinstance(first, Function):
            given = [self._value(operand, dot) for operand in rest]
            return self._call(first.name, (*given, *piped))
        if rest or piped:
            name = "." + ".".join(getattr(first, "names", ()))
            method = self._method(first, dot)
            if method is not None:
                given = [self._value(operand, dot) for operand in rest]
                return self._applied(name, method, (*given, *piped))
            raise self._failed(name, f"{name} is not a method but has arguments")
        return self._value(first, dot)

    def _method(self, operand: Operand, dot: Value) -> Callable[..., Value] | None:
        """What a field with arguments may be: `.Label "x"`, and `$.Label "x"`."""
        if not isinstance(operand, (Field, Variable)) or not operand.names:
            return None
        start = self._variable(operand.name) if isinstance(operand, Variable) else dot
        owner = self._follow(start, operand.names[:-1])
        return owner.method(operand.names[-1]) if isinstance(owner, Record) else None

    def _call(self, name: str, values: tuple[Value, ...]) -> Value:
        return self._applied(name, FUNCTIONS[name], values)

    def _applied(
        self, name: str, function: Callable[..., Value], values: tuple[Value, ...]
    ) -> Value:
        try:
            return function(*values)
        except TypeError:
            raise self._failed(
                name, f"wrong number of args for {name}: got {len(values)}"
            ) from None
        except (ValueError, IndexError) as error:
            raise self._failed(name, f"error calling {name}: {error}") from None

    def _value(self, operand: Operand, dot: Value) -> Value:
        match operand:
            case Field():
                return self._follow(dot, operand.names)
            case Variable():
                return self._follow(self._variable(operand.name), operand.names)
            case Nested():
                return self._follow(self._pipe(operand.pipe, dot), operand.names)
            case Constant():
                return operand.value
            case Function():
                return self._call(operand.name, ())
            case _:
                unreachable(operand)

    def _variable(self, name: str) -> Value:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        raise TemplateError(f'template: :{self._line}: undefined variable "${name}"')

    def _follow(self, value: Value, names: Sequence[str]) -> Value:
        for name in names:
            if isinstance(value, Record):
                key = value.field(name)
                if key is None:
                    raise self._unknown(name, names, value)
                value = value[key]
            elif isinstance(value, Mapping):
                value = value.get(name)
            elif value is None:
                raise self._failed(
                    "." + ".".join(names), f"nil pointer evaluating interface {{}}.{name}"
                )
            else:
                raise self._unknown(name, names, value)
        return value

    def _unknown(self, name: str, names: Sequence[str], value: Value) -> TemplateError:
        return self._failed(
            "." + ".".join(names), f"can't evaluate field {name} in type {kind(value)}"
        )

    def _failed(self, where: str, message: str) -> TemplateError:
        return TemplateError(f'template: :{self._line}: executing "" at <{where}>: {message}')

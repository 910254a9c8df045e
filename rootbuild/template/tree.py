"""What a template consists of."""

from __future__ import annotations

from typing import Literal

from rootbuild.records import dataclass
from rootbuild.template.values import Value


@dataclass(frozen=True, slots=True)
class Field:
    """`.A.B`; without names the dot itself."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.A`; `name` is without the dollar, and empty for all of the data."""

    name: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number, truth value or `nil`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Function:
    """A function's name."""

    name: str


@dataclass(frozen=True, slots=True)
class Nested:
    """`(PIPE).A`."""

    pipe: Pipe
    names: tuple[str, ...] = ()


Operand = Field | Variable | Constant | Function | Nested


@dataclass(frozen=True, slots=True)
class Pipe:
    """`$a, $b := COMMAND | COMMAND`; `declares` tells `:=` from `=`."""

    commands: tuple[tuple[Operand, ...], ...]
    variables: tuple[str, ...] = ()
    declares: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """`{{PIPE}}`."""

    pipe: Pipe
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """`{{if PIPE}} BODY {{else}} OTHERWISE {{end}}`, and `range` and `with` alike."""

    keyword: Literal["if", "range", "with"]
    pipe: Pipe
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Leave:
    """`{{break}}` or `{{continue}}`."""

    keyword: Literal["break", "continue"]


Node = Text | Output | Block | Leave

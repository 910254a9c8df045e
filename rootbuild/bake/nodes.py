"""Definitions as data: bodies with attributes and blocks, and the expressions of attributes.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.bake.failure import Source
from rootbuild.records import dataclass, field

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Literal:
    """`1`, `true`, `null`, or text without templates in it."""

    line: int
    value: Value


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a template: an expression, or one of its directives (`%{ if ... }`).

    `kind` is text, value, if, else, endif, for or endfor; `names` are the variables of a for. The
    white space `before` and `after` goes where a `~` says so.
    """

    line: int
    kind: str
    text: str = ""
    expression: Expression | None = None
    names: tuple[str, ...] = ()
    before: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """`"a-${b}"`, or a heredoc."""

    line: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`a.b`, `a[b]`."""

    line: int
    of: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Splat:
    """`a.*.b`, `a[*].b`: `each` is asked of every item."""

    line: int
    of: Expression
    keys: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`f(a, b...)`."""

    line: int
    name: str
    args: tuple[Expression, ...]
    expand: bool = False


@dataclass(frozen=True, slots=True)
class Conditional:
    """`a ? b : c`."""

    line: int
    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """`a + b`, and with no left side `-a`, `!a`."""

    line: int
    operator: str
    left: Expression | None
    right: Expression


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    line: int
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{a = b}`."""

    line: int
    items: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class For:
    """`[for k, v in a : b if c]`; with a `key` it is the one that makes a map."""

    line: int
    names: tuple[str, ...]
    of: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool = False


Expression = (
    Literal | Template | Name | Item | Splat | Call | Conditional | Operation | ListOf | MapOf | For
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression`, in a file."""

    name: str
    expression: Expression
    source: Source
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" { ... }`, in a file."""

    type: str
    labels: tuple[str, ...]
    body: Body
    source: Source
    line: int


@dataclass(frozen=True, slots=True)
class Body:
    """What stands between braces, or in a whole file."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def named(self, kind: str) -> Iterator[Block]:
        """The blocks of a type."""
        return (block for block in self.blocks if block.type == kind)

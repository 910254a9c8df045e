"""A template's text -> its tree."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Literal, cast

from rootbuild.template.failure import TemplateError
from rootbuild.template.functions import FUNCTIONS
from rootbuild.template.tokens import Piece, Token, pieces
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

_CONSTANTS = {"true": True, "false": False, "nil": None}
_BLOCKS = ("if", "range", "with")
_LEAVES = ("break", "continue")


def parse(text: str) -> tuple[Node, ...]:
    """Read a template. Raises TemplateError."""
    return _Parser(list(pieces(text))).whole()


class _Parser:
    """Goes through the pieces; nested blocks call themselves."""

    def __init__(self, found: list[Piece]) -> None:
        self._pieces = found
        self._at = 0

    def whole(self) -> tuple[Node, ...]:
        nodes, end = self._nodes()
        if end is not None:
            word = end.tokens[0].text if end.tokens else ""
            raise _unexpected("{{" + word + "}}", end.line)
        return nodes

    def _nodes(self) -> tuple[tuple[Node, ...], Piece | None]:
        """Nodes up to `{{end}}` or `{{else}}`, which is given too; None at the text's end."""
        nodes: list[Node] = []
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            self._at += 1
            if piece.tokens is None:
                nodes.append(Text(piece.text))
                continue
            word = _keyword(piece)
            if word in ("end", "else"):
                return tuple(nodes), piece
            nodes.append(self._node(piece, word))
        return tuple(nodes), None

    def _node(self, piece: Piece, word: str) -> Node:
        tokens = piece.tokens or ()
        if word in _BLOCKS:
            return self._block(cast("Literal['if', 'range', 'with']", word), tokens[1:], piece.line)
        if word in _LEAVES and len(tokens) == 1:
            return Leave(cast("Literal['break', 'continue']", word))
        if not tokens:
            raise TemplateError(f"template: :{piece.line}: missing value for command")
        return Output(_pipe(tokens, piece.line), piece.line)

    def _block(
        self, word: Literal["if", "range", "with"], tokens: Sequence[Token], line: int
    ) -> Block:
        if not tokens:
            raise TemplateError(f"template: :{line}: missing value for {word}")
        pipe = _pipe(tokens, line)
        body, end = self._nodes()
        otherwise: tuple[Node, ...] = ()
        if end is not None and _keyword(end) == "else":
            more = (end.tokens or ())[1:]
            if more and more[0].text in ("if", "with"):
                nested = cast("Literal['if', 'with']", more[0].text)
                return Block(
                    word, pipe, body, (self._block(nested, more[1:], end.line),), line
                )  # its `end` is ours, too
            otherwise, end = self._nodes()
        if end is None:
            raise TemplateError(f"template: :{line}: unexpected EOF")
        return Block(word, pipe, body, otherwise, line)


def _keyword(piece: Piece) -> str:
    first = piece.tokens[0] if piece.tokens else None
    return first.text if first is not None and first.kind == "word" else ""


def _pipe(tokens: Sequence[Token], line: int) -> Pipe:
    """`$a, $b := COMMAND | COMMAND`."""
    variables, declares, rest = _declared(tokens)
    reader = _Commands(rest, line)
    commands = reader.pipeline()
    if reader.rest:
        raise _unexpected(f"{reader.rest[0].text!r} in command", line)
    return Pipe(commands, variables, declares)


def _declared(tokens: Sequence[Token]) -> tuple[tuple[str, ...], bool, Sequence[Token]]:
    for index, token in enumerate(tokens[:4]):
        if token.text in (":=", "=") and token.kind == "symbol":
            names = tuple(t.text[1:] for t in tokens[:index] if t.kind == "variable")
            return names, token.text == ":=", tokens[index + 1 :]
    return (), True, tokens


class _Commands:
    """Reads commands from tokens; parentheses call themselves."""

    def __init__(self, tokens: Sequence[Token], line: int) -> None:
        self.rest = list(tokens)
        self._line = line

    def pipeline(self) -> tuple[tuple[Operand, ...], ...]:
        """Commands up to the end or a closing parenthesis."""
        commands = [self._command()]
        while self.rest and self.rest[0].text == "|":
            del self.rest[0]
            commands.append(self._command())
        return tuple(commands)

    def _command(self) -> tuple[Operand, ...]:
        operands: list[Operand] = []
        while self.rest and self.rest[0].text != "|" and self.rest[0].kind != "close":
            operands.append(self._operand())
        if not operands:
            raise TemplateError(f"template: :{self._line}: missing value for command")
        if len(operands) > 1 and isinstance(operands[0], Constant):
            raise TemplateError(
                f"template: :{self._line}: can't give argument to non-function"
                f" {operands[0].value!r}"
            )
        return tuple(operands)

    def _operand(self) -> Operand:
        token = self.rest.pop(0)
        match token.kind:
            case "dot":
                return Field()
            case "field":
                return Field(tuple(token.text[1:].split(".")))
            case "variable":
                name, *names = token.text[1:].split(".")
                return Variable(name, tuple(names))
            case "word":
                return self._word(token.text)
            case "symbol" if token.text == "(":
                pipe = Pipe(self.pipeline())
                if not self.rest:
                    raise TemplateError(f"template: :{self._line}: unclosed left paren")
                return Nested(pipe, tuple(self.rest.pop(0).text.split(".")[1:]))
            case "symbol" | "close":
                raise _unexpected(f"{token.text!r} in operand", self._line)
            case _:
                return Constant(self._constant(token))

    def _word(self, word: str) -> Operand:
        if word in _CONSTANTS:
            return Constant(_CONSTANTS[word])
        if word not in FUNCTIONS:
            raise TemplateError(f'template: :{self._line}: function "{word}" not defined')
        return Function(word)

    def _constant(self, token: Token) -> str | int | float:
        """A quoted string (`\\t` and the like as in Python), a character or a number."""
        if token.text.startswith("`"):
            return token.text[1:-1]
        try:
            found = ast.literal_eval(token.text)
        except (SyntaxError, ValueError):
            found = None
        if isinstance(found, str):
            return ord(found) if token.kind == "char" and len(found) == 1 else found
        if isinstance(found, (int, float)):
            return found
        raise TemplateError(f'template: :{self._line}: bad number syntax: "{token.text}"')


def _unexpected(what: str, line: int) -> TemplateError:
    return TemplateError(f"template: :{line}: unexpected {what}")

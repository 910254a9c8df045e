"""Templates -> text: `${...}`, `%{ if }`, `%{ for }`, and `~` that takes white space away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rootbuild.bake.failure import Failed
from rootbuild.bake.nodes import Expression, Part, Template, Value
from rootbuild.bake.values import as_bool, as_string, kind
from rootbuild.records import dataclass, replace

Evaluate = Callable[[Expression, Mapping[str, Value]], Value]


def render(template: Template, evaluate: Evaluate) -> Value:
    """The text; a template that is a single `${...}` is the value itself. Raises Failed, Unfit."""
    parts = template.parts
    if len(parts) == 1 and parts[0].kind == "value" and parts[0].expression is not None:
        return evaluate(parts[0].expression, {})
    reading = _Reading(_trimmed(parts), evaluate)
    text = reading.text({})
    if reading.rest:
        part = reading.rest[0]
        raise Failed(f"Unexpected {part.kind} directive", part.line)
    return text


def _trimmed(parts: Sequence[Part]) -> list[Part]:
    found = []
    for at, part in enumerate(parts):
        if part.kind == "text":
            text = part.text
            if at and parts[at - 1].after:
                text = text.lstrip()
            if at + 1 < len(parts) and parts[at + 1].before:
                text = text.rstrip()
            part = replace(part, text=text)
        found.append(part)
    return found


@dataclass(slots=True)
class _Reading:
    """What is left of the parts; directives take those up to their ends."""

    rest: list[Part]
    evaluate: Evaluate

    def text(self, names: Mapping[str, Value]) -> str:
        """Text up to an end that is not ours."""
        found = []
        while self.rest and self.rest[0].kind not in ("else", "endif", "endfor"):
            part = self.rest.pop(0)
            if part.kind == "text":
                found.append(part.text)
            elif part.kind == "value":
                found.append(as_string(self._value(part, names)))
            elif part.kind == "if":
                found.append(self._if(part, names))
            else:
                found.append(self._for(part, names))
        return "".join(found)

    def _value(self, part: Part, names: Mapping[str, Value]) -> Value:
        assert part.expression is not None
        return self.evaluate(part.expression, names)

    def _if(self, part: Part, names: Mapping[str, Value]) -> str:
        chosen = as_bool(self._value(part, names))
        yes = self.text(names) if chosen else self._skip()
        no = ""
        if self.rest and self.rest[0].kind == "else":
            self.rest.pop(0)
            no = self._skip() if chosen else self.text(names)
        self._end(part, "endif")
        return yes if chosen else no

    def _for(self, part: Part, names: Mapping[str, Value]) -> str:
        of = self._value(part, names)
        if not isinstance(of, (list, dict)):
            raise Failed(f"Iteration over non-iterable value; this is a {kind(of)}", part.line)
        pairs = list(enumerate(of)) if isinstance(of, list) else sorted(of.items())
        body = list(self.rest)
        found = []
        for key, value in pairs:
            self.rest = list(body)
            inner: list[Value] = [key, value] if len(part.names) == 2 else [value]
            found.append(self.text({**names, **dict(zip(part.names, inner, strict=True))}))
        if not pairs:
            self._skip()
        self._end(part, "endfor")
        return "".join(found)

    def _skip(self) -> str:
        depth = 0
        while self.rest:
            kind_ = self.rest[0].kind
            if depth == 0 and kind_ in ("else", "endif", "endfor"):
                break
            depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(kind_, 0)
            self.rest.pop(0)
        return ""

    def _end(self, part: Part, kind_: str) -> None:
        if not self.rest or self.rest[0].kind != kind_:
            raise Failed(f"Unclosed {part.kind} directive: there is no {kind_}", part.line)
        self.rest.pop(0)

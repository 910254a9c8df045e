"""Go templates (text/template), as far as Docker's `--format` needs them: text + data -> text."""

from __future__ import annotations

from rootbuild.template.evaluate import evaluate
from rootbuild.template.failure import TemplateError
from rootbuild.template.parse import parse
from rootbuild.template.values import Record, Value, as_json

__all__ = ["Record", "TemplateError", "Value", "as_json", "render"]


def render(text: str, data: Value) -> str:
    """The template's output for `data`. Raises TemplateError, in Go's words."""
    return evaluate(parse(text), data)

"""What is wrong with a template."""

from __future__ import annotations


class TemplateError(Exception):
    """A template cannot be read, or not be applied to its data. The message is Go's."""

"""What stands in code blocks of a page: files of CI systems, and the shell scripts in these."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_DEFAULT = re.compile(r"\$\{\w+:-([^{}]*)\}")
_SH = re.compile(r"sh '''\n(.*?)'''", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: below which heading, in which language."""

    heading: str
    language: str
    text: str


def blocks() -> list[Block]:
    """All code blocks of the page, in their order."""
    text = PAGE.read_text()
    found = []
    for match in _BLOCK.finditer(text):
        heading = [*_HEADING.finditer(text, 0, match.start())][-1][1]
        found.append(Block(heading, match[1], match[2]))
    return found


def block(heading: str, language: str) -> Block:
    """The only one of a language below a heading."""
    (found,) = (each for each in blocks() if (each.heading, each.language) == (heading, language))
    return found


def scripts(found: Block) -> list[str]:
    """The shell scripts of a recipe, in the order in which they run."""
    if found.language in ("bash", "sh"):
        return [found.text]
    if found.language == "groovy":
        return _SH.findall(found.text)
    if found.language != "yaml":
        return []
    return list(_of_yaml(yaml.safe_load(found.text)))


def _of_yaml(document: Any) -> Iterator[str]:
    if document.get("kind") == "Task":
        yield from (step["script"] for step in document["spec"]["steps"])
    elif document.get("kind") == "Job":
        for container in document["spec"]["template"]["spec"]["containers"]:
            assert container["command"] == ["/bin/sh", "-euc"]
            yield from container["args"]
    elif "jobs" in document:
        for job in document["jobs"].values():
            yield from (step["run"] for step in job["steps"] if "run" in step)
    else:
        for job in document.values():
            yield "\n".join(job["script"])
            yield "\n".join(job["after_script"])


def commands(script: str) -> Iterator[tuple[str, list[str]]]:
    """The calls of rootbuild and docker in a script: by which name, and their words."""
    plain = _DEFAULT.sub(r"\1", script.replace("\\\n", " "))
    for line in plain.splitlines():
        for part in re.split(r"\|\||&&|[|;]|trap '", line):
            try:
                words = shlex.split(part.strip().rstrip("'"), comments=True)
            except ValueError:
                continue
            if words and words[0] in ("rootbuild", "docker"):
                yield words[0], words[1:]

"""Running the builds of a definition: each in a process of its own, as a build is one."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rootbuild import process
from rootbuild.bake import printed, request, select
from rootbuild.bake.failure import BakeError
from rootbuild.bake.request import Link
from rootbuild.bake.target import Target
from rootbuild.cli.bake_call import Called
from rootbuild.cli.parse import Parsed
from rootbuild.records import dataclass, field

_PASSED_ON = ("progress", "builder")


@dataclass(slots=True)
class Baking:
    """The builds of a selection; `folder` is for what they say about themselves."""

    parsed: Parsed
    selection: select.Selection
    folder: Path
    images: dict[Link, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    def run(self) -> int:
        """Build all; gives the exit code of the first one that fails."""
        call = Called.of(self.parsed)
        if call.form == "json":
            return self._call_json(call)
        targets = request.ordered(self.selection)
        needed = request.needed(targets)
        worst = 0
        for target in targets:
            status = self._target(target, needed=target.name in needed and not call)
            if status and not call:
                return status
            worst = worst or status
        if self.parsed.text("metadata-file"):
            self._write_metadata(Path(self.parsed.text("metadata-file")))
        return worst

    def _target(self, target: Target, *, needed: bool) -> int:
        if needed and not self._serves_both(target):
            for link in request.links(target):
                status = self._build(request.bare(target, link), target.name, link)
                if status:
                    return status
        elif needed:
            return self._build(target, target.name, Link(target.name), final=True)
        return 0 if target.linked else self._build(target, target.name, None, final=True)

    def _serves_both(self, target: Target) -> bool:
        """Whether its own build leaves the image that others need."""
        return not target.linked and not target.entries("output") and len(request.links(target)) < 2

    def _build(self, target: Target, name: str, link: Link | None, *, final: bool = False) -> int:
        """One build; its image is noted for those that need it."""
        identity, about = self.folder / "id", self.folder / "metadata"
        words = self._words(target)
        if link is not None:
            words.append(f"--iidfile={identity}")
        if final and self.parsed.text("metadata-file"):
            words.append(f"--metadata-file={about}")
        self._announce(target)
        status = self._main([*words, "--", target.text("context", ".")], target)
        if status:
            return status
        if link is not None:
            self.images[link] = identity.read_text().strip()
        if os.path.exists(about):
            self.metadata[name] = json.loads(about.read_text())
            about.unlink()
        return 0

    def _words(self, target: Target) -> list[str]:
        passed = [f"--{n}={self.parsed.text(n)}" for n in _PASSED_ON if self.parsed.text(n)]
        words = ["buildx", "build", *passed, *request.options(target)]
        if call := Called.of(self.parsed):
            return [*words, f"--call={call.text}"]
        return [*words, *request.context_options(target, self.selection, self.images)]

    def _main(self, words: Sequence[str], target: Target) -> int:
        from rootbuild.cli.main import main

        inline = target.text("dockerfile-inline")
        if not inline:
            return process.apart(lambda: main(words, self.parsed.program))
        with _holding(inline) as stdin:
            argv = [*words[:2], "--file=-", *words[2:]]
            return process.apart(lambda: main(argv, self.parsed.program), stdin)

    def _announce(self, target: Target) -> None:
        if Called.of(self.parsed):
            described = target.text("description")
            sys.stdout.write(f"{target.name}\n{described + chr(10) if described else ''}\n")
        elif self.parsed.text("progress") not in ("quiet", "rawjson"):
            sys.stderr.write(f"==> {target.name}\n")

    def _write_metadata(self, file: Path) -> None:
        new = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            new.write_text(json.dumps(self.metadata, indent=2))
            new.replace(file)
        except OSError as error:
            raise BakeError(f"cannot write {file}: {error.strerror}") from error

    def _call_json(self, call: Called) -> int:
        """What `--call` finds, as one JSON text for all targets."""
        shown: Mapping[str, Any] = printed.tree(self.selection)
        worst = 0
        for target in request.ordered(self.selection):
            if target.linked:
                continue
            words = [*self._words(target), "--", target.text("context", ".")]
            status, text = self._captured(words, target)
            worst = worst or status
            found: dict[str, Any] = {"build": shown["target"][target.name]}
            with contextlib.suppress(ValueError):
                found[call.method] = json.loads(text)
            shown["target"][target.name] = found
        sys.stdout.write(printed.dumps(shown))
        return worst

    def _captured(self, words: Sequence[str], target: Target) -> tuple[int, str]:
        """A build's exit code and what it wrote to its standard output."""
        with tempfile.TemporaryFile("w+b") as file:
            kept = os.dup(1)
            sys.stdout.flush()
            try:
                os.dup2(file.fileno(), 1)
                status = self._main(words, target)
            finally:
                os.dup2(kept, 1)
                os.close(kept)
            file.seek(0)
            return status, file.read().decode(errors="replace")


@contextlib.contextmanager
def _holding(text: str) -> Iterator[int]:
    """A descriptor from which the text can be read."""
    with os.fdopen(os.memfd_create("dockerfile"), "w+b") as file:
        file.write(text.encode())
        file.flush()
        file.seek(0)
        yield file.fileno()

"""`buildx bake`: the builds of a definition, one after the other."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rootbuild.bake import files, overrides, printed, request, rights, select
from rootbuild.bake.nodes import Value
from rootbuild.bake.target import Definition
from rootbuild.cli.bake_call import Called
from rootbuild.cli.baking import Baking
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UnsupportedError, UsageError
from rootbuild.image.platform import build_platform
from rootbuild.runtime.display import table

LOCAL = "cwd://"


def run(parsed: Parsed) -> int:
    """Build targets, or show what would be built."""
    if parsed.args and select.is_remote(parsed.args[0]):
        raise UnsupportedError(
            f"a definition at {parsed.args[0]} is not supported: only files of this host are",
            hint="clone the repository, and run this in it",
        )
    listing = _listing(parsed)
    definition = _definition(parsed)
    if listing is not None:
        return _list(definition, listing)
    selection = _selection(parsed, definition)
    if parsed.switch("print"):
        sys.stdout.write(printed.as_json(selection))
        return 0
    for target in selection.targets.values():
        request.check(target)
    _ask_for_rights(parsed, selection)
    with tempfile.TemporaryDirectory(prefix="rootbuild-bake-") as folder:
        return Baking(parsed, selection, Path(folder)).run()


def _definition(parsed: Parsed) -> Definition:
    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    environment = files.Environment(_variables(parsed), os.environ)
    builtin = {"BAKE_CMD_CONTEXT": LOCAL, "BAKE_LOCAL_PLATFORM": str(build_platform())}
    return files.parse(files.find(parsed.all("file"), os.environ, stdin), environment, builtin)


def _variables(parsed: Parsed) -> dict[str, str]:
    found = {}
    for text in parsed.all("var"):
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"invalid variable {text!r}, expected key=value", exit_code=1)
        found[name] = value
    return found


def _selection(parsed: Parsed, definition: Definition) -> select.Selection:
    known = overrides.read([*_overrides(parsed)], definition, os.environ)
    found = select.select(parsed.args, definition, known)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    for name, target in found.targets.items() if epoch else ():
        args: dict[str, Value] = {"SOURCE_DATE_EPOCH": epoch, **target.pairs("args")}
        found.targets[name] = target.having(args=args)
    return found


def _overrides(parsed: Parsed) -> Iterator[str]:
    """`--set`, and the options that are short for one."""
    yield from parsed.all("set")
    for name in ("push", "load"):
        if parsed.switch(name):
            yield f"*.{name}=true"
    if call := Called.of(parsed):
        yield f"*.call={call.method}"
    for name in ("no-cache", "pull"):
        if parsed.has(name):
            yield f"*.{name}={'true' if parsed.switch(name) else 'false'}"
    for name in ("sbom", "provenance"):
        if parsed.text(name):
            yield f"*.attest={_attest(name, parsed.text(name))}"


def _attest(kind: str, text: str) -> str:
    if text in ("true", "false"):
        return f"type={kind},disabled={'false' if text == 'true' else 'true'}"
    return f"type={kind},{text}" if "=" in text else f"type={kind},mode={text}"


def _listing(parsed: Parsed) -> tuple[str, str] | None:
    """What is to be listed, and its format."""
    text = parsed.text("list")
    if not text:
        return None
    if parsed.switch("print"):
        raise UsageError("--print and --list are mutually exclusive", exit_code=1)
    pairs = [part.partition("=") for part in text.split(",")] if "=" in text else []
    found = {key: value for key, _, value in pairs} if pairs else {"type": text}
    kind, form = found.pop("type", ""), found.pop("format", "table")
    if found:
        raise UsageError(f"unexpected key '{next(iter(found))}' in '{text}'", exit_code=1)
    if kind not in ("targets", "variables"):
        raise UsageError(f'invalid list type "{kind}"', hint="targets or variables", exit_code=1)
    if form not in ("table", "json"):
        raise UsageError(f'invalid list format "{form}"', hint="table or json", exit_code=1)
    return kind, form


def _list(definition: Definition, listing: tuple[str, str]) -> int:
    kind, form = listing
    rows = printed.targets(definition) if kind == "targets" else printed.variables(definition)
    if form == "json":
        sys.stdout.write(printed.dumps(rows))
        return 0
    if kind == "targets":
        cells = [("TARGET", "DESCRIPTION")]
        cells += [(row["name"], row.get("description", "")) for row in rows]
        sys.stdout.write(table(cells))
        return 0
    lines = [("VARIABLE", "TYPE", "VALUE", "DESCRIPTION")]
    lines += [
        (r["name"], r.get("type", ""), r.get("value", "<null>"), r.get("description", ""))
        for r in rows
    ]
    sys.stdout.write(table(lines))
    return 0


def _ask_for_rights(parsed: Parsed, selection: select.Selection) -> None:
    """Have the user agree to what a definition reaches for. Raises BakeError."""
    allowed = rights.read(parsed.all("allow"), os.environ)
    wanted = rights.missing(selection.targets.values(), allowed)
    if not wanted:
        return
    refusal = rights.refusal(wanted)
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise refusal
    about = "\n".join(f" - {each.about}" for each in wanted)
    sys.stderr.write(
        "Your build is requesting privileges for following possibly insecure capabilities:\n\n"
        f"{about}\n\nDo you want to grant requested privileges and continue? [y/N] "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise refusal

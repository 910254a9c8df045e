"""How failures are shown: one message for what a person can act on, a report for a bug."""

from __future__ import annotations

import os
import re
import sys

from rootbuild import __version__
from rootbuild.cli import identity, registry
from rootbuild.errors import RootbuildError, UsageError

BUG_EXIT_CODE = 3
BUG_TRACKER = "https://github.com/rootbuild/rootbuild/issues"


def render(error: RootbuildError) -> str:
    """The message, where it happened, quoted material, what to do, and the stable id."""
    report = error.report
    lines = [f"ERROR: {report.message}"]
    if report.location is not None:
        lines.append(f"{report.location.file}:{report.location.start}")
    if report.excerpt is not None:
        lines.append(report.excerpt.render())
    if report.location is not None and report.location.trigger:
        lines.append(f"trigger of the base: ONBUILD {report.location.trigger}")
    if report.detail:
        lines.append(report.detail)
    if isinstance(error, UsageError):
        lines += [report.hint] if report.hint else []
    else:
        if report.hint:
            first, *more = _named(report.hint).splitlines()
            lines += [f"hint: {first}", *(f"      {line}" for line in more)]
        lines.append(f"[{error.id}]")
    return "\n".join(lines) + "\n"


def _named(hint: str) -> str:
    """The hint, with commands called by the name by which we were."""
    name = identity.program(sys.argv[0])
    if name == identity.PROGRAM:
        return hint
    commands = "|".join(re.escape(word) for word in registry.words_below(None))
    return re.sub(rf"\b{identity.PROGRAM} (?=(?:{commands})\b)", f"{name} ", hint)


def bug_report(error: BaseException, argv: list[str]) -> str:
    """All that is needed to look into a bug, ready to be pasted."""
    import platform
    import traceback

    trace = "".join(traceback.format_exception(error)).rstrip()
    return (
        "### rootbuild failed in a way it should not\n\n"
        f"- rootbuild {__version__}, Python {platform.python_version()}, "
        f"{platform.platform()}, uid {os.getuid()}\n"
        f"- arguments: `{' '.join(_without_values(argv))}`\n\n"
        f"```\n{trace}\n```\n"
    )


def report_bug(error: BaseException, argv: list[str]) -> int:
    """Write the report into a file that only we can read, and say where it is."""
    import tempfile

    text = bug_report(error, argv)
    kind = f"{type(error).__name__}: {error}"
    sys.stderr.write(f"ERROR: this is a bug in rootbuild: {kind}\n")
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="rootbuild-bug-", suffix=".md", delete=False
        ) as file:
            file.write(text)
        sys.stderr.write(f"A report is in {file.name}; please send it to {BUG_TRACKER}\n")
    except OSError:
        sys.stderr.write(f"{text}Please send this to {BUG_TRACKER}\n")
    return BUG_EXIT_CODE


def _without_values(argv: list[str]) -> list[str]:
    """The command line without what may be secret: values of build arguments and the like."""
    return [word.split("=", 1)[0] + "=..." if "=" in word else word for word in argv]

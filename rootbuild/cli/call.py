"""`build --check` and `build --call=...`: a Dockerfile looked at instead of built.

No engine is started, so the configs of base images are not known.
"""

from __future__ import annotations

import sys

from rootbuild.build.contexts import Contexts
from rootbuild.build.frontend import check_frontend
from rootbuild.build.inputs import read_dockerfile
from rootbuild.build.options import BuildOptions
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError
from rootbuild.records import dataclass

METHODS = {"check": "check", "lint": "check", "outline": "outline", "targets": "targets"}
BUILD = "build"
_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Call:
    """What to tell about the Dockerfile (`check`, `outline` or `targets`), and as what."""

    method: str
    json: bool = False


def call_of(parsed: Parsed) -> Call | None:
    """What `--call` and `--check` ask for, None to build. Raises UsageError."""
    text = parsed.text("call")
    name, *options = text.split(",") if text else ("",)
    json = False
    for option in options:
        key, _, value = option.partition("=")
        if key != "format" or value not in _FORMATS:
            raise _invalid(text, f"invalid option {option}")
        json = value == "json"
    if name and name != BUILD and name not in METHODS:
        raise _invalid(text, "one of check, outline, targets, each with ,format=json if wanted")
    method = METHODS.get(name)
    if parsed.switch("check"):
        if name and method != "check":
            raise UsageError(f"--check and --call={text} exclude each other")
        method = "check"
    return None if method is None else Call(method, json)


def perform(call: Call, options: BuildOptions, contexts: Contexts) -> int:
    """Print it; gives the exit code. Raises RootbuildError."""
    if call.method == "check":
        return _check(call, options, contexts)
    from rootbuild.api import validate
    from rootbuild.context.named import NO_CONTEXTS
    from rootbuild.describe.outline import outline
    from rootbuild.describe.targets import Targets

    source = read_dockerfile(options, contexts)
    check_frontend(source, options.build_args)
    graph = validate(
        source.data,
        source.name,
        build_args=options.build_args,
        target=options.target,
        platform=options.platform,
        contexts=NO_CONTEXTS if call.method == "targets" else options.contexts,
    )
    told = Targets(graph) if call.method == "targets" else outline(graph, options.build_args)
    sys.stdout.write(told.json() if call.json else told.text())
    return 0


def _check(call: Call, options: BuildOptions, contexts: Contexts) -> int:
    from rootbuild.build.warnings import lint_options
    from rootbuild.describe.check import Checked
    from rootbuild.dockerfile.lines import decode
    from rootbuild.lint.check import lint_data

    source = read_dockerfile(options, contexts)
    check_frontend(source, options.build_args)
    path = source.name if source.path is None else str(source.path)
    asked = lint_options(options, source, {}, whole=True)
    result = lint_data(source.data, source.name, asked)
    checked = Checked(result, source.name, path, decode(source.data))
    sys.stdout.write(checked.json() if call.json else checked.text())
    sys.stdout.flush()
    if checked.result.error is not None and not call.json:
        raise checked.result.error
    return checked.status


def _invalid(text: str, why: str) -> UsageError:
    return UsageError(f'invalid argument "{text}" for "--call" flag: {why}')

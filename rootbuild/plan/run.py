"""RUN: the process that it starts, and how history and progress show it."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.backend import NetworkMode
from rootbuild.dockerfile.heredoc import chomp_tabs, is_marker
from rootbuild.dockerfile.instructions import Heredoc, Run
from rootbuild.dockerfile.quote import quoted
from rootbuild.errors import DockerfileError
from rootbuild.execution import Security
from rootbuild.files.inline import InlineFile
from rootbuild.plan.metadata import command_line
from rootbuild.plan.state import StageState
from rootbuild.records import replace

PIPES = "/dev/pipes"
NETWORK_HOST = "network.host"
SECURITY_INSECURE = "security.insecure"
HOSTNAME_ARG = "BUILDKIT_SANDBOX_HOSTNAME"
HOSTNAME = "buildkitsandbox"


def run_argv(state: StageState, run: Run) -> tuple[str, ...]:
    """The argv of the process, heredocs included.

    A heredoc that is the whole command is the script itself; others are put together again for the
    shell, which reads them.
    """
    if not run.heredocs:
        return command_line(state, run.command)
    first = run.command.args[0]
    if is_marker(first):
        script = run_script(run)
        return (*state.shell, f"{PIPES}/{script.name}" if script else _body(run.heredocs[0]))
    text = first + "".join(f"\n{doc.content}{doc.name}" for doc in run.heredocs)
    return (*state.shell, text)


def run_script(run: Run) -> InlineFile | None:
    """The program that a RUN brings along: a heredoc alone whose body begins with `#!`.

    Raises DockerfileError if its name cannot be a file's.
    """
    if not run.heredocs or not is_marker(run.command.args[0]):
        return None
    doc = run.heredocs[0]
    if not doc.content.startswith("#!"):
        return None
    if "/" in doc.name or doc.name in (".", ".."):
        raise DockerfileError(f"heredoc name {quoted(doc.name)} cannot be a file's name")
    return InlineFile(doc.name, _body(doc).encode())


def run_network(run: Run, default: NetworkMode, allowed: frozenset[str]) -> NetworkMode:
    """`--network`, or what the command line says. Raises DockerfileError if it is not allowed."""
    if run.network == "none":
        return "none"
    if run.network != "host":
        return default
    if NETWORK_HOST not in allowed and default != "host":
        raise _not_allowed(NETWORK_HOST, "use the host's network")
    return "host"


def run_security(run: Run, default: Security, allowed: frozenset[str]) -> Security:
    """`--security`, on top of the command line's. Raises DockerfileError if it is not allowed."""
    if run.security != "insecure":
        return default
    if SECURITY_INSECURE not in allowed:
        raise _not_allowed(SECURITY_INSECURE, "run unconfined")
    return replace(default, insecure=True)


def run_hostname(build_args: Mapping[str, str]) -> str:
    """The name that the host has during a step."""
    return build_args.get(HOSTNAME_ARG) or HOSTNAME


def run_history(state: StageState, argv: tuple[str, ...]) -> str:
    """`RUN |n ARG=value ... argv # buildkit`, as BuildKit writes it."""
    values: dict[str, str] = {}
    for arg in state.args:
        values[arg.key] = state.lookup.get(arg.key, arg.value or "")
    shown = [f"{key}={value}" for key, value in values.items()]
    counted = [f"|{len(shown)}", *shown] if shown else []
    return " ".join(["RUN", *counted, *argv, "# buildkit"])


def run_title(run: Run) -> str:
    """The step as it is written; of a heredoc, its first line."""
    text = run.text
    if run.heredocs:
        lines = run.heredocs[0].content.strip().splitlines() or [""]
        text += f" ({lines[0]}{'...' if len(lines) > 1 else ''})"
    return text


def _not_allowed(entitlement: str, what: str) -> DockerfileError:
    return DockerfileError(
        f"entitlement {entitlement} is not allowed",
        id="not-allowed",
        hint=f"build with --allow {entitlement} to let steps {what}",
    )


def _body(doc: Heredoc) -> str:
    return chomp_tabs(doc.content) if doc.chomp else doc.content

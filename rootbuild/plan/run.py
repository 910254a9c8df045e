"""RUN: the process that it starts, and how history and progress show it."""

from __future__ import annotations

from rootbuild.dockerfile.heredoc import chomp_tabs, is_marker
from rootbuild.dockerfile.instructions import Heredoc, Run
from rootbuild.errors import UnsupportedError
from rootbuild.plan.metadata import command_line
from rootbuild.plan.state import StageState


def run_argv(state: StageState, run: Run) -> tuple[str, ...]:
    """The argv of the process, heredocs included.

    A heredoc that is the whole command is the script itself; others are put together again for the
    shell, which reads them.
    """
    if not run.heredocs:
        return command_line(state, run.command)
    first = run.command.args[0]
    if is_marker(first):
        script = _body(run.heredocs[0])
        if script.startswith("#!"):
            raise UnsupportedError(
                "a RUN heredoc that begins with #! is not supported yet",
                hint="name the interpreter instead: RUN <<EOF python3",
            )
        return (*state.shell, script)
    text = first + "".join(f"\n{doc.content}{doc.name}" for doc in run.heredocs)
    return (*state.shell, text)


def run_history(state: StageState, argv: tuple[str, ...]) -> str:
    """`RUN |n ARG=value ... argv # buildkit`, as BuildKit writes it."""
    values: dict[str, str] = {}
    for arg in state.args:
        values[arg.key] = state.lookup.get(arg.key, arg.value or "")
    shown = [f"{key}={value}" for key, value in values.items()]
    counted = [f"|{len(shown)}", *shown] if shown else []
    return " ".join(["RUN", *counted, *argv, "# buildkit"])


def run_title(state: StageState, run: Run) -> str:
    """The step's line in the progress output."""
    text = run.text
    if run.heredocs:
        lines = run.heredocs[0].content.strip().splitlines() or [""]
        text += f" ({lines[0]}{'...' if len(lines) > 1 else ''})"
    return text


def _body(doc: Heredoc) -> str:
    return chomp_tabs(doc.content) if doc.chomp else doc.content

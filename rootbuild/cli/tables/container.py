"""`container ...`, but for what makes containers."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, number, switch, value, values

_FORMAT = value("format", "Format output using a Go template or 'json'", "f")
_TIME = Flag(
    "time", "int", "Seconds to wait before killing the container", "t", aliases=("timeout",)
)
_FILTER = values("filter", "Filter output based on conditions provided", "f", "filter")
_ENGINE = "rootbuild.cli.engine:become"
_NAMES = "rootbuild.cli.container:on_names"
_FIRST = "rootbuild.cli.container:on_first"

COMMANDS = (
    Command(
        ("container", "ls"),
        "List containers",
        "[OPTIONS]",
        _ENGINE,
        (
            switch("all", "Show all containers (default shows just running)", "a"),
            _FILTER,
            value("format", "Format output using a Go template or 'json'"),
            number("last", "Show n last created containers (includes all states)", "n"),
            switch("latest", "Show the latest created container (includes all states)", "l"),
            switch("no-trunc", "Don't truncate output"),
            switch("quiet", "Only display container IDs", "q"),
            switch("size", "Display total file sizes", "s"),
        ),
        maximum=0,
        aliases=(("container", "list"), ("container", "ps"), ("ps",)),
        common=True,
        engine=("ps",),
    ),
    Command(
        ("container", "exec"),
        "Execute a command in a running container",
        "[OPTIONS] CONTAINER COMMAND [ARG...]",
        "rootbuild.cli.container:exec_in",
        (
            switch("detach", "Detached mode: run command in the background", "d"),
            value("detach-keys", "Override the key sequence for detaching a container"),
            values("env", "Set environment variables", "e"),
            values("env-file", "Read in a file of environment variables"),
            switch("interactive", "Keep STDIN open even if not attached", "i"),
            switch("privileged", "Give extended privileges to the command"),
            switch("tty", "Allocate a pseudo-TTY", "t"),
            value("user", "Username or UID (format: <name|uid>[:<group|gid>])", "u"),
            value("workdir", "Working directory inside the container", "w"),
        ),
        minimum=2,
        interspersed=False,
        aliases=(("exec",),),
        common=True,
    ),
    Command(
        ("container", "start"),
        "Start one or more stopped containers",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        "rootbuild.cli.container:start",
        (
            switch("attach", "Attach STDOUT/STDERR and forward signals", "a"),
            value("detach-keys", "Override the key sequence for detaching a container"),
            switch("interactive", "Attach container's STDIN", "i"),
        ),
        minimum=1,
        aliases=(("start",),),
    ),
    Command(
        ("container", "stop"),
        "Stop one or more running containers",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        _NAMES,
        (_TIME,),
        minimum=1,
        aliases=(("stop",),),
    ),
    Command(
        ("container", "restart"),
        "Restart one or more containers",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        _NAMES,
        (_TIME,),
        minimum=1,
        aliases=(("restart",),),
    ),
    Command(
        ("container", "kill"),
        "Kill one or more running containers",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        _NAMES,
        (value("signal", "Signal to send to the container", "s"),),
        minimum=1,
        aliases=(("kill",),),
    ),
    Command(
        ("container", "rm"),
        "Remove one or more containers",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        _NAMES,
        (
            switch("force", "Force the removal of a running container (uses SIGKILL)", "f"),
            switch("volumes", "Remove anonymous volumes associated with the container", "v"),
        ),
        minimum=1,
        aliases=(("container", "remove"), ("rm",)),
    ),
    Command(
        ("container", "logs"),
        "Fetch the logs of a container",
        "[OPTIONS] CONTAINER",
        _FIRST,
        (
            switch("follow", "Follow log output", "f"),
            value("since", "Show logs since timestamp or relative (e.g. 42m for 42 minutes)"),
            value("tail", "Number of lines to show from the end of the logs", "n"),
            switch("timestamps", "Show timestamps", "t"),
            value("until", "Show logs before a timestamp or relative (e.g. 42m for 42 minutes)"),
        ),
        minimum=1,
        maximum=1,
        aliases=(("logs",),),
    ),
    Command(
        ("container", "attach"),
        "Attach local standard input, output, and error streams to a running container",
        "[OPTIONS] CONTAINER",
        _FIRST,
        (
            value("detach-keys", "Override the key sequence for detaching a container"),
            switch("no-stdin", "Do not attach STDIN"),
            switch("sig-proxy", "Proxy all received signals to the process (default true)"),
        ),
        minimum=1,
        maximum=1,
        aliases=(("attach",),),
    ),
    Command(
        ("container", "wait"),
        "Block until one or more containers stop, then print their exit codes",
        "CONTAINER [CONTAINER...]",
        _NAMES,
        minimum=1,
        aliases=(("wait",),),
    ),
    Command(
        ("container", "inspect"),
        "Display detailed information on one or more containers",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        _NAMES,
        (_FORMAT, switch("size", "Display total file sizes", "s")),
        minimum=1,
    ),
    Command(
        ("container", "port"),
        "List port mappings or a specific mapping for the container",
        "CONTAINER [PRIVATE_PORT[/PROTO]]",
        _FIRST,
        minimum=1,
        maximum=2,
        aliases=(("port",),),
    ),
    Command(
        ("container", "top"),
        "Display the running processes of a container",
        "CONTAINER [ps OPTIONS]",
        _FIRST,
        minimum=1,
        interspersed=False,
        aliases=(("top",),),
    ),
    Command(
        ("container", "rename"),
        "Rename a container",
        "CONTAINER NEW_NAME",
        _FIRST,
        minimum=2,
        maximum=2,
        aliases=(("rename",),),
    ),
    Command(
        ("container", "cp"),
        "Copy files/folders between a container and the local filesystem",
        "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH",
        _ENGINE,
        (switch("archive", "Archive mode (copy all uid/gid information)", "a"),),
        minimum=2,
        maximum=2,
        aliases=(("cp",),),
    ),
    Command(
        ("container", "prune"),
        "Remove all stopped containers",
        "[OPTIONS]",
        _ENGINE,
        (
            values("filter", 'Provide filter values (e.g. "until=<timestamp>")', metavar="filter"),
            switch("force", "Do not prompt for confirmation", "f"),
        ),
        maximum=0,
    ),
)

"""`container run` and `container create`, which share most of their options."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, amount, decimal, number, switch, value, values

_PROCESS = (
    value("entrypoint", "Overwrite the default ENTRYPOINT of the image"),
    values("env", "Set environment variables", "e"),
    values("env-file", "Read in a file of environment variables"),
    values("group-add", "Add additional groups to join"),
    switch("init", "Run an init inside the container that forwards signals and reaps processes"),
    switch("interactive", "Keep STDIN open even if not attached", "i"),
    value("stop-signal", "Signal to stop the container"),
    number("stop-timeout", "Timeout (in seconds) to stop a container"),
    switch("tty", "Allocate a pseudo-TTY", "t"),
    value("user", "Username or UID (format: <name|uid>[:<group|gid>])", "u"),
    value("workdir", "Working directory inside the container", "w"),
)
_IDENTITY = (
    values("annotation", "Add an annotation to the container (passed through to the OCI runtime)"),
    value("cidfile", "Write the container ID to the file"),
    values("label", "Set meta data on a container", "l"),
    values("label-file", "Read in a line delimited file of labels"),
    value("name", "Assign a name to the container"),
    value("platform", "Set platform if server is multi-platform capable"),
    value("pull", 'Pull image before running ("always", "missing", "never")'),
    switch("quiet", "Suppress the pull output", "q"),
    value("restart", "Restart policy to apply when a container exits"),
    switch("rm", "Automatically remove the container when it exits"),
    Flag("disable-content-trust", "bool", hidden=True),
)
_NETWORK = (
    values("add-host", "Add a custom host-to-IP mapping (host:ip)"),
    values("dns", "Set custom DNS servers"),
    values("dns-option", "Set DNS options", aliases=("dns-opt",)),
    values("dns-search", "Set custom DNS search domains"),
    values("expose", "Expose a port or a range of ports"),
    value("hostname", "Container host name", "h"),
    value("ip", "IPv4 address (e.g., 172.30.100.104)"),
    value("ip6", "IPv6 address (e.g., 2001:db8::33)"),
    value("mac-address", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
    Flag("link", "list", hidden=True),  # refused, with what there is in its place
    values("network", "Connect a container to a network", metavar="network", aliases=("net",)),
    values("network-alias", "Add network-scoped alias for the container", aliases=("net-alias",)),
    values("publish", "Publish a container's port(s) to the host", "p"),
    switch("publish-all", "Publish all exposed ports to random ports", "P"),
)
_FILES = (
    values("device", "Add a host device to the container"),
    values("device-cgroup-rule", "Add a rule to the cgroup allowed devices list"),
    value(
        "gpus", "GPU devices to add to the container ('all' to pass all GPUs)", "", "gpu-request"
    ),
    values("mount", "Attach a filesystem mount to the container", metavar="mount"),
    switch("read-only", "Mount the container's root filesystem as read only"),
    values("storage-opt", "Storage driver options for the container"),
    values("tmpfs", "Mount a tmpfs directory"),
    values("volume", "Bind mount a volume", "v"),
    value("volume-driver", "Optional volume driver for the container"),
    values("volumes-from", "Mount volumes from the specified container(s)"),
)
_SECURITY = (
    values("cap-add", "Add Linux capabilities"),
    values("cap-drop", "Drop Linux capabilities"),
    value("cgroup-parent", "Optional parent cgroup for the container"),
    value("cgroupns", 'Cgroup namespace to use ("host", "private")'),
    value("ipc", "IPC mode to use"),
    value("pid", "PID namespace to use"),
    switch("privileged", "Give extended privileges to this container"),
    values("security-opt", "Security Options"),
    values("sysctl", "Sysctl options"),
    value("userns", "User namespace to use"),
    value("uts", "UTS namespace to use"),
)
_LIMITS = (
    value("blkio-weight", "Block IO (relative weight), between 10 and 1000, or 0 to disable"),
    values("blkio-weight-device", "Block IO weight (relative device weight)"),
    number("cpu-period", "Limit CPU CFS (Completely Fair Scheduler) period"),
    number("cpu-quota", "Limit CPU CFS (Completely Fair Scheduler) quota"),
    number("cpu-rt-period", "Limit CPU real-time period in microseconds"),
    number("cpu-rt-runtime", "Limit CPU real-time runtime in microseconds"),
    number("cpu-shares", "CPU shares (relative weight)", "c"),
    decimal("cpus", "Number of CPUs"),
    value("cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)"),
    value("cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)"),
    values("device-read-bps", "Limit read rate (bytes per second) from a device"),
    values("device-read-iops", "Limit read rate (IO per second) from a device"),
    values("device-write-bps", "Limit write rate (bytes per second) to a device"),
    values("device-write-iops", "Limit write rate (IO per second) to a device"),
    amount("memory", "Memory limit", "m"),
    amount("memory-reservation", "Memory soft limit"),
    amount("memory-swap", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
    number("memory-swappiness", "Tune container memory swappiness (0 to 100)"),
    switch("oom-kill-disable", "Disable OOM Killer"),
    number("oom-score-adj", "Tune host's OOM preferences (-1000 to 1000)"),
    number("pids-limit", "Tune container pids limit (set -1 for unlimited)"),
    amount("shm-size", "Size of /dev/shm"),
    values("ulimit", "Ulimit options"),
)
_HEALTH = (
    value("health-cmd", "Command to run to check health"),
    value("health-interval", "Time between running the check (ms|s|m|h)"),
    number("health-retries", "Consecutive failures needed to report unhealthy"),
    value("health-start-period", "Start period for the container to initialize"),
    value("health-timeout", "Maximum time to allow one check to run (ms|s|m|h)"),
    switch("no-healthcheck", "Disable any container-specified HEALTHCHECK"),
)
_LOGS = (
    values("attach", "Attach to STDIN, STDOUT or STDERR", "a"),
    value("log-driver", "Logging driver for the container"),
    values("log-opt", "Log driver options"),
)
# What clients of podman use beside Docker's options.
_PODMAN = (
    *(Flag(name, "list", hidden=True) for name in ("gidmap", "requires", "secret", "uidmap")),
    *(Flag(name, hidden=True) for name in ("pod", "pod-id-file", "systemd", "tz")),
    *(switch(name, hidden=True) for name in ("http-proxy", "replace", "rmi")),
)
SHARED = (
    *_PODMAN,
    *_PROCESS,
    *_IDENTITY,
    *_NETWORK,
    *_FILES,
    *_SECURITY,
    *_LIMITS,
    *_HEALTH,
    *_LOGS,
)

COMMANDS = (
    Command(
        ("container", "run"),
        "Create and run a new container from an image",
        "[OPTIONS] IMAGE [COMMAND] [ARG...]",
        "rootbuild.cli.run:run",
        (
            *SHARED,
            switch("detach", "Run container in background and print container ID", "d"),
            value("detach-keys", "Override the key sequence for detaching a container"),
            switch("sig-proxy", "Proxy received signals to the process (default true)"),
        ),
        minimum=1,
        missing="The image is missing: name the one to run.",
        interspersed=False,
        aliases=(("run",),),
        common=True,
    ),
    Command(
        ("container", "create"),
        "Create a new container",
        "[OPTIONS] IMAGE [COMMAND] [ARG...]",
        "rootbuild.cli.run:create",
        SHARED,
        minimum=1,
        missing="The image is missing: name the one to make a container of.",
        interspersed=False,
        aliases=(("create",),),
    ),
)

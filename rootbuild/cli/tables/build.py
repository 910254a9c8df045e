"""`image build` and its other names."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, number, switch, value, values

FLAGS = (
    values("add-host", "Add a custom host-to-IP mapping (format: host:ip, or host:host-gateway)"),
    values(
        "allow",
        "Allow extra privileged entitlement (network.host, security.insecure, device[=name])",
    ),
    values("annotation", "Add annotation to the image"),
    values("attest", "Attestation parameters (format: type=sbom,generator=image)"),
    values("build-arg", "Set build-time variables"),
    values("build-context", "Additional build contexts (e.g., name=path)"),
    Flag("builder", help="Accepted for docker's sake", hidden=True),
    values("cache-from", "External cache sources"),
    values("cache-to", "Cache export destinations"),
    value("call", 'Set method for evaluating build ("check", "outline", "targets")'),
    value("cgroup-parent", "Set the parent cgroup for the RUN instructions during build"),
    switch("check", 'Shorthand for "--call=check"'),
    switch("compress", hidden=True),
    number("cpu-period", "Limit the CPU CFS period"),
    number("cpu-quota", "Limit the CPU CFS quota"),
    number("cpu-shares", "CPU shares (relative weight)", "c"),
    value("cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)"),
    value("cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)"),
    switch("disable-content-trust", hidden=True),
    value("engine", "Engine to build with (default: the first that works here)"),
    switch("explain", "Say for each step that runs what has changed since the last time"),
    value("file", 'Name of the Dockerfile (default: "PATH/Dockerfile")', "f"),
    switch("force-rm", hidden=True),
    value("iidfile", "Write the image ID to a file"),
    value("isolation", 'How steps are confined ("oci", "chroot", "buildah")'),
    number(
        "jobs",
        "How many commands may work at once, not counting those that only wait; 1: one after "
        "another (default: one for each processor, at least 4)",
    ),
    values("label", "Set metadata for an image"),
    value(
        "layers",
        'When to commit steps as layers: "auto" (when that pays) or "all" (each, as docker does)',
    ),
    switch("load", 'Shorthand for "--output=type=docker"'),
    value("memory", "Memory limit", "m", "bytes"),
    value("memory-swap", 'Swap limit equal to memory plus swap: "-1" to enable unlimited swap'),
    value("metadata-file", "Write build result metadata to a file"),
    value("network", 'Set the networking mode for the "RUN" instructions during build'),
    switch("no-cache", "Do not use cache when building the image"),
    value("network-helper", 'What gives steps a network ("slirp4netns", "pasta", "host")'),
    values("no-cache-filter", "Do not cache specified stages"),
    value("on-error", 'What to do when a step has failed ("stop", "shell": look into it)'),
    values("output", 'Output destination (format: "type=local,dest=path")', "o"),
    values("platform", "Set target platform for build"),
    value("progress", 'Set type of progress output ("auto", "plain", "tty", "quiet", "rawjson")'),
    Flag("provenance", help='Shorthand for "--attest=type=provenance"'),
    switch("pull", "Always attempt to pull all referenced images"),
    switch("push", 'Shorthand for "--output=type=registry"'),
    switch("quiet", "Suppress the build output and print image ID on success", "q"),
    switch("rm", hidden=True),
    value("runtime", 'OCI runtime that runs steps ("crun", "runc")'),
    Flag("sbom", help='Shorthand for "--attest=type=sbom"'),
    values("secret", 'Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")'),
    values("security-opt", "Security options"),
    value("shm-size", "Shared memory size for build containers", metavar="bytes"),
    switch("squash", "Squash newly built layers into a single new layer"),
    values(
        "ssh",
        "SSH agent socket or keys to expose to the build"
        ' (format: "default|<id>[=<socket>|<key>[,<key>]]")',
    ),
    values("tag", 'Name and optionally a tag (format: "name:tag")', "t"),
    value("target", "Set the target build stage to build"),
    values("ulimit", "Ulimit options"),
    switch("verbose", "Say which ways were chosen on this host, and why", "v"),
)

BUILD = Command(
    ("image", "build"),
    "Build an image from a Dockerfile",
    "[OPTIONS] PATH | URL | -",
    "rootbuild.cli.build:run",
    FLAGS,
    minimum=1,
    maximum=1,
    missing="The build context is missing: name a folder, `.` for the current one.",
    aliases=(("build",), ("buildx", "build"), ("builder", "build")),
    common=True,
)

DEBUG = Command(
    ("debug", "build"),
    "Build, with a shell where a step fails",
    "[OPTIONS] PATH | URL | -",
    "rootbuild.cli.build:run",
    (
        *FLAGS,
        values("break", "Also open a shell before the first step at this line, or after it"),
        value("invoke", "Run this instead of a shell", metavar="command"),
    ),
    minimum=1,
    maximum=1,
    missing="The build context is missing: name a folder, `.` for the current one.",
    aliases=(("buildx", "debug", "build"),),
)

COMMANDS = (BUILD, DEBUG)

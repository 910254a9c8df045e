"""Command lines of OCI runtimes, and of what else is no engine's, as pure functions."""

from __future__ import annotations

from pathlib import Path

SKOPEO = "skopeo"

Argv = tuple[str, ...]


def copy_folder(folder: Path, name: str) -> Argv:
    """Make an image out of a folder in the layout of the `dir:` transport, and give it a name."""
    policy = folder / "policy.json"
    target = f"containers-storage:{name}"
    return (SKOPEO, "--policy", str(policy), "copy", "--quiet", f"dir:{folder}", target)


def runtime_run(
    runtime: str, root: Path, bundle: Path, container: str, manager: str | None = None
) -> Argv:
    """Run a bundle in the foreground; `bundle`/log has what the runtime itself complains about.

    `manager` makes the control group that the bundle asks for, if it asks for one.
    """
    groups: Argv = ("--systemd-cgroup",) if manager == "systemd" else ()
    if Path(runtime).name == "crun":
        groups = ("--cgroup-manager", manager or "disabled")
    return (
        *(runtime, "--root", str(root)),
        *("--log", str(bundle / "log"), "--log-format", "json"),
        *groups,
        *("run", "--bundle", str(bundle), "--pid-file", str(bundle / "pid")),
        *("--no-new-keyring", container),
    )


def runtime_create(runtime: str, root: Path, bundle: Path, container: str) -> Argv:
    """Make a container that waits to be started."""
    return (
        *(runtime, "--root", str(root)),
        *(("--cgroup-manager", "disabled") if runtime == "crun" else ()),
        *("create", "--bundle", str(bundle), "--no-new-keyring", container),
    )


def runtime_delete(runtime: str, root: Path, container: str) -> Argv:
    """Kill whatever still runs in a runtime's container, and forget the container."""
    return (runtime, "--root", str(root), "delete", "--force", container)


def remove_trees(*folders: Path) -> Argv:
    """Remove folders with all that is in them, however deep."""
    return ("rm", "-rf", "--", *(str(folder) for folder in folders))

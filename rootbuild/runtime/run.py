"""`container run` and `container create`: check, find the image, run, explain what went wrong."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Runtime, StoredContainer
from rootbuild.errors import ImageNotFoundError, RuntimeRefusedError
from rootbuild.host import probes
from rootbuild.image import reference
from rootbuild.records import dataclass, replace
from rootbuild.registry.credentials import handed
from rootbuild.registry.transport import tls_options
from rootbuild.runtime import ports
from rootbuild.runtime.calls import Outcome, ask, call
from rootbuild.runtime.names import find_container, find_image, find_network, no_such_network
from rootbuild.runtime.networks import named

ENGINE_FAILED = 125
NOT_STARTED = frozenset({"created", "configured"})


@dataclass(frozen=True, slots=True)
class Request:
    """A container to run or create.

    `options` are words for the engine, without those that have fields here. `detached` also says
    that nobody reads the container's own output, so the engine's may be kept.
    """

    verb: str
    image: str
    command: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    name: str = ""
    networks: tuple[str, ...] = ()
    publish: tuple[str, ...] = ()
    cidfile: str = ""
    pull: str = "missing"
    platform: str = ""
    quiet: bool = False
    detached: bool = False


def arguments(request: Request, image: str, cidfile: Path) -> tuple[str, ...]:
    """The engine's words for it."""
    return (
        request.verb,
        *(f"--name={name}" for name in [request.name] if name),
        *(f"--network={network}" for network in request.networks),
        *(f"--publish={spec}" for spec in request.publish),
        *(f"--platform={platform}" for platform in [request.platform] if platform),
        f"--cidfile={cidfile}",
        *request.options,
        image,
        *request.command,
    )


def run(runtime: Runtime, request: Request) -> int:
    """Run or create it; gives the exit code that Docker would give.

    Raises RuntimeRefusedError or ImageNotFoundError where the cause of a failure is known. A
    container that could not be started does not stay behind.
    """
    starts = request.verb == "run"
    published = ports.settle(request.publish, probes.first_free_port(), look=starts)
    request = replace(request, publish=published)
    image = bring_image(runtime, request)
    with _cidfile(request.cidfile) as cidfile:
        words = arguments(request, image, cidfile)
        runtime.prepare()
        # A detached container has streams of its own, so what is kept is the engine's alone.
        outcome = ask(runtime, words) if request.detached else call(runtime, words, live=True)
        if outcome.status != 0:
            _explain(runtime, request, outcome, _read(cidfile))
            outcome = Outcome(outcome.status, outcome.said)  # no id of what is gone
        outcome.replay()
    return outcome.status


def bring_image(runtime: Runtime, request: Request) -> str:
    """What the engine shall call the image; it is pulled if it has to be."""
    found = find_image(request.image, runtime.images())
    if request.pull != "always" and found is not None:
        return found
    shown = reference.familiar(request.image)
    if found is None and request.pull == "never":
        raise ImageNotFoundError(f"No such image: {shown}", exit_code=ENGINE_FAILED)
    if found is None:
        sys.stderr.write(f"Unable to find image '{shown}' locally\n")
        sys.stderr.flush()
    return pull(runtime, request.image, platform=request.platform, quiet=request.quiet)


def pull(runtime: Runtime, image: str, *, platform: str = "", quiet: bool = False) -> str:
    """Pull an image, showing how that goes on standard error; gives its whole name."""
    from rootbuild.registry.refusal import persistently  # most images are here

    wanted = reference.parse(image)
    words = (
        "pull",
        *(f"--platform={name}" for name in [platform] if name),
        *(["--quiet"] if quiet else []),
        *tls_options(wanted.registry),
        wanted.exact,
    )

    def attempt() -> str:
        argv, env = runtime.command(words), runtime.environment()
        with handed(wanted.registry):
            status = process.foreground(argv, env, stdout=sys.stderr.buffer)
        if status == 0:
            return wanted.exact
        hindrance = probes.hindrance()
        if hindrance is not None:
            raise hindrance
        raise ImageNotFoundError(
            f"No such image: {wanted.familiar}: it is not here and could not be pulled",
            hint="rootbuild images shows what is here; rootbuild build -t "
            f"{wanted.familiar} . would make it",
            exit_code=ENGINE_FAILED,
        )

    return persistently(attempt, wanted, platform or None)


def _explain(runtime: Runtime, request: Request, outcome: Outcome, made: str) -> None:
    """Look for the cause of a failure, by state alone, and clean up after it.

    Raises the refusal that fits; otherwise what the engine said has to do.
    """
    if outcome.status in (ENGINE_FAILED, 126, 127):
        containers = runtime.containers()
        ours = find_container(made, containers) if made else None
        if ours is not None and ours.status in NOT_STARTED and request.verb == "run":
            ask(runtime, ("rm", "--force", "--volumes", ours.id))
        if not made:
            _explain_refusal(runtime, request, containers)
        if ours is None or ours.status in NOT_STARTED:
            private = not {"none", "host"} & set(request.networks)
            explain_host(runtime, outcome, private=private)


def _explain_refusal(
    runtime: Runtime, request: Request, containers: Sequence[StoredContainer]
) -> None:
    """Why no container came to be."""
    taken = next((c for c in containers if request.name and request.name in c.names), None)
    if taken is not None:
        raise RuntimeRefusedError(
            f'Conflict. The container name "/{request.name}" is already in use by container '
            f'"{taken.id}". You have to remove (or rename) that container to be able to reuse '
            "that name.",
            id="name-in-use",
            hint=f"rootbuild rm -f {request.name} removes it",
        )
    known = runtime.networks()
    unknown = [name for name in named(request.networks) if find_network(name, known) is None]
    if unknown:
        raise no_such_network(unknown, ENGINE_FAILED)


def explain_host(runtime: Runtime, outcome: Outcome, *, private: bool) -> None:
    """What this host lacks, if a container could not be started because of that.

    `private` is one with a network of its own. Raises RuntimeRefusedError.
    """
    refused = probes.refused(_ordered(runtime))
    problems = probes.obstacles(network=private) if refused is None else (refused,)
    if problems and outcome.status != 127:
        raise RuntimeRefusedError(
            "the container could not be started: " + "; ".join(p.message for p in problems),
            id=problems[0].id,
            detail=outcome.said.decode("utf-8", "replace").strip(),
            hint="\n".join(p.hint for p in problems),
        )


def _ordered(runtime: Runtime) -> str:
    """The OCI runtime that the engine is told to take; empty if none."""
    argv = [*runtime.command(())]
    return argv[argv.index("--runtime") + 1] if "--runtime" in argv else ""


@contextlib.contextmanager
def _cidfile(wanted: str) -> Iterator[Path]:
    """Where the engine writes the container's id, so that we know whether it made one."""
    if wanted:
        if os.path.exists(wanted):
            raise RuntimeRefusedError(
                "container ID file found, make sure the other container isn't running "
                f"or delete {wanted}",
                id="cidfile-exists",
            )
        yield Path(wanted)
        return
    with tempfile.TemporaryDirectory(prefix="rootbuild-") as folder:
        yield Path(folder) / "cid"


def _read(cidfile: Path) -> str:
    return cidfile.read_text().strip() if os.path.exists(cidfile) else ""

"""Networks for steps: a namespace with a user-mode helper, none at all, or the host's.

A rootless step has no way to the outside but a helper that moves packets as an ordinary user
would: slirp4netns or pasta. One network namespace serves a whole build. It belongs to no process:
we make it in a thread of ours, and keep only a descriptor of it, so that it goes when we go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from rootbuild import process
from rootbuild.choices import Choices, Way
from rootbuild.errors import HostError
from rootbuild.execution import HOST_GATEWAY, NetworkMode
from rootbuild.facts.addresses import own_address
from rootbuild.records import dataclass
from rootbuild_oci import kernel
from rootbuild_oci import namespace as namespaces

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
SLIRP_DNS = "10.0.2.3"
PASTA_DNS = "169.254.1.1"
READY_SECONDS = 5.0
RESOLV_CONF = Path("/etc/resolv.conf")
# Where systemd-resolved keeps the servers that its stub on a loopback address asks.
RESOLVED_CONF = Path("/run/systemd/resolve/resolv.conf")


@dataclass(frozen=True, slots=True)
class Network:
    """What a step gets: `namespace` as in spec.Sandbox, and the servers of its resolv.conf.

    `servers` None leaves the host's resolv.conf as it is. `reaches_host` tells whether the host's
    own addresses lead to the host.
    """

    namespace: str | None
    servers: tuple[str, ...] | None = None
    reaches_host: bool = True


HOST = Network(None)
ALONE = Network("", servers=())


class Networks:
    """The networks of one build; the helper starts with the first step that needs it.

    Which one that is, `choices` says.
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._lock = threading.Lock()
        self._default: tuple[Network, contextlib.ExitStack] | None = None
        self._users = 0
        self._ending: list[threading.Thread] = []

    def __enter__(self) -> Networks:
        return self

    def __exit__(self, *exception: object) -> None:
        self.rest()
        for thread in self._ending:
            thread.join()

    @contextlib.contextmanager
    def use(self, mode: NetworkMode) -> Iterator[Network]:
        """The network for a mode, for the length of a block."""
        if mode == "host":
            yield HOST
        elif mode == "none":
            yield ALONE
        else:
            network = self._begin()
            try:
                yield network
            finally:
                with self._lock:
                    self._users -= 1

    def rest(self) -> None:
        """Have the helper end while something else goes on, as that takes 20 ms.

        Not if a step needs it now; one that comes later gets another.
        """
        with self._lock:
            if self._default is None or self._users:
                return
            _, stack = self._default
            self._default = None
        self._ending.append(threading.Thread(target=stack.close))
        self._ending[-1].start()

    def _begin(self) -> Network:
        with self._lock:
            if self._default is None:
                stack = contextlib.ExitStack()
                self._default = stack.enter_context(outside(self._choices)), stack
            self._users += 1
            return self._default[0]


@contextlib.contextmanager
def outside(choices: Choices) -> Iterator[Network]:
    """A namespace of our own with a way to the outside, or the host's where no helper works.

    The host's network is what `buildah run` falls back to as well: a build that cannot reach its
    package servers is of no use, and a rootless step has no more rights there than its user has.
    Raises HostError when a helper that the user ordered does not work.
    """
    choice = choices.choose("network-helper", ways())
    others = () if choice.ordered else tuple(name for name in _HELPERS if name != choice.way)
    with contextlib.ExitStack() as stack:
        for name in (choice.way, *others):
            attempt = contextlib.ExitStack()
            network = _HELPERS[name](attempt) if name in _HELPERS else None
            if network is not None:
                stack.push(attempt.pop_all())
                yield network
                return
            attempt.close()
            choices.forget("network-helper")
        raise HostError(
            f"{choice.way} gives steps no network here",
            id="network-helper",
            hint="order another network helper, or leave that to rootbuild; rootbuild doctor tells"
            " what works here",
        )


def ways() -> tuple[Way, ...]:
    """The ways to the outside, and how to try one."""
    return tuple(Way(name, partial(_try, name)) for name in _HELPERS)


def _try(name: str) -> str:
    with contextlib.ExitStack() as stack:
        return "" if _HELPERS[name](stack) is not None else _missing(name)


def _missing(name: str) -> str:
    """Why a helper gives no network."""
    if process.find(name) is None:
        return f"{name} is not installed"
    refusal = _tun_refusal()
    if refusal:
        return f"/dev/net/tun cannot be opened: {refusal}"
    return f"{name} did not get ready within {READY_SECONDS:g} seconds"


@contextlib.contextmanager
def namespace() -> Iterator[str]:
    """The path of a fresh network namespace with a loopback interface."""
    descriptor = kernel.in_thread(_unshared)
    try:
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def slirp4netns(netns: str, ready: int, leave: int) -> tuple[str, ...]:
    """The helper's command line. It writes to `ready`, and ends when `leave` is hung up."""
    return (
        *("slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback"),
        *("--enable-sandbox", "--enable-seccomp"),
        *(f"--ready-fd={ready}", f"--exit-fd={leave}"),
        *("--netns-type=path", netns, "tap0"),
    )


def pasta(netns: str, pid_file: Path) -> tuple[str, ...]:
    """The helper's command line: no port of the host is forwarded, none of its loopback seen."""
    return (
        *("pasta", "--config-net", "--foreground", "--no-map-gw", "--quiet"),
        *("--tcp-ports", "none", "--udp-ports", "none"),
        *("--tcp-ns", "none", "--udp-ns", "none"),
        *("--dns-forward", PASTA_DNS, "--pid", str(pid_file)),
        *("--netns-only", "--netns", netns),
    )


def resolv_conf(host: str, servers: Sequence[str] | None) -> str:
    """resolv.conf of a step, from the host's: with other servers, or with its own.

    With servers given, the host's that listen on a loopback address are dropped, as they cannot
    be reached from another namespace; the others stay behind the given ones.
    """
    if servers is None:
        return host
    lines = [f"nameserver {server}" for server in servers]
    for line in host.splitlines():
        words = line.split()
        if not words or words[0][0] in "#;":
            continue
        if words[0] != "nameserver":
            lines.append(line.strip())
        elif len(words) > 1 and not _loopback(words[1]) and words[1] not in servers:
            lines.append(f"nameserver {words[1]}")
    return "".join(f"{line}\n" for line in lines)


def host_resolv_conf(path: Path = RESOLV_CONF, resolved: Path = RESOLVED_CONF) -> str:
    """The host's resolv.conf, "" if it has none.

    Where it has only a stub on a loopback address, that of systemd-resolved behind the stub.
    """
    with contextlib.suppress(FileNotFoundError):
        text = path.read_text(errors="replace")
        if "nameserver 127.0.0.53" in text:
            with contextlib.suppress(FileNotFoundError):
                return resolved.read_text(errors="replace")
        return text
    return ""


def hosts(hostname: str, more: Sequence[tuple[str, str]]) -> str:
    """/etc/hosts of a step. `more` are (name, address)."""
    return "".join(
        [
            f"127.0.0.1\tlocalhost {hostname}\n",
            "::1\tlocalhost ip6-localhost ip6-loopback\n",
            *(f"{address}\t{name}\n" for name, address in more),
        ]
    )


def resolved(names: Sequence[tuple[str, str]], network: Network) -> tuple[tuple[str, str], ...]:
    """(name, address) lines, with the host's address in place of HOST_GATEWAY.

    Raises HostError where no address of the host can be reached.
    """
    return tuple(
        (name, _gateway(network) if address == HOST_GATEWAY else address) for name, address in names
    )


def _gateway(network: Network) -> str:
    if network.namespace is None:
        return "127.0.0.1"
    if not network.reaches_host:
        raise HostError(
            "unable to derive the IP value for host-gateway: pasta leads to none of them",
            id="no-host-gateway",
            hint="install slirp4netns, or build with --network host",
        )
    address = own_address()
    if address:
        return address
    raise HostError(
        "unable to derive the IP value for host-gateway: this host has no address but loopback",
        id="no-host-gateway",
        hint="build with --network host, or give the address itself",
    )


def _loopback(server: str) -> bool:
    try:
        return ip_address(server.split("%")[0]).is_loopback
    except ValueError:
        return False


def _tun_refusal() -> str:
    """Why helpers cannot open the device that they need; "" if they can."""
    from rootbuild.facts import devices

    return devices.look(devices.TUN).refusal


def _slirp(stack: contextlib.ExitStack) -> Network | None:
    if process.find("slirp4netns") is None or _tun_refusal():
        return None
    netns = stack.enter_context(namespace())
    ready, tell = (stack.enter_context(os.fdopen(end, mode)) for end, mode in _pipe())
    leave, _stay = (stack.enter_context(os.fdopen(end, mode)) for end, mode in _pipe())
    argv = slirp4netns(netns, tell.fileno(), leave.fileno())
    passed = (tell.fileno(), leave.fileno())
    stack.enter_context(process.background(argv, pass_fds=passed))
    tell.close()
    leave.close()
    readable, _, _ = select.select([ready], [], [], READY_SECONDS)
    if not readable or os.read(ready.fileno(), 1) != b"1":
        return None
    return Network(netns, (SLIRP_DNS,))


def _pasta(stack: contextlib.ExitStack) -> Network | None:
    if process.find("pasta") is None or _tun_refusal():
        return None
    # As root of the host it becomes another user, who may not look into our folder.
    if namespaces.user() == 0:
        return None
    netns = stack.enter_context(namespace())
    # It refuses a namespace below /proc, so it gets it under a name.
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=namespaces.folder())))
    (folder / "netns").touch()
    named = stack.enter_context(kernel.bound(netns, folder / "netns"))
    pid_file = folder / "pid"
    helper = stack.enter_context(process.background(pasta(str(named), pid_file)))
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not _ended(helper):
        # Written once the interface is there.
        if pid_file.exists() and pid_file.read_text().strip():
            # The namespace has the host's own address, so that nothing sent to it gets out.
            return Network(netns, (PASTA_DNS,), reaches_host=False)
        time.sleep(0.002)
    return None


def _host(stack: contextlib.ExitStack) -> Network:
    return HOST


# By name, the best first. The last one always works.
_HELPERS: dict[str, Callable[[contextlib.ExitStack], Network | None]] = {
    "slirp4netns": _slirp,
    "pasta": _pasta,
    "host": _host,
}


def _ended(child: int) -> bool:
    """Whether a child has ended; it still can be waited for."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _pipe() -> tuple[tuple[int, str], tuple[int, str]]:
    reading, writing = os.pipe()
    return (reading, "rb"), (writing, "wb")


def _unshared() -> int:
    kernel.unshare(kernel.CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sh22x", b"lo", 0)
        _, flags = struct.unpack("16sh22x", fcntl.ioctl(control, SIOCGIFFLAGS, asked))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

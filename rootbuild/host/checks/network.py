"""Networks: helpers for rootless steps, what serves containers' networks, names, ports."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.facts import devices
from rootbuild.host.finding import Finding
from rootbuild.host.patient import Patient

_HELPERS = "network helpers"
_SERVED = "networks of containers"
_NAMES = "names of containers"
_PLUGINS = frozenset({"bridge", "portmap", "firewall", "host-local"})
_LAST = "host"


def check(patient: Patient) -> Iterator[Finding]:
    """Whether steps and containers have networks, names and ports."""
    yield _helpers(patient)
    yield from _served(patient)
    yield _resolver(patient)
    yield _ports(patient)


def served_by(patient: Patient) -> str:
    """What serves networks with names: netavark, CNI, or "" nothing."""
    if patient.networks.netavark:
        return "netavark"
    return "CNI" if set(patient.networks.plugins) >= _PLUGINS else ""


def names_resolve(patient: Patient) -> bool:
    """Whether containers find each other by name on such networks."""
    if served_by(patient) == "netavark":
        return bool(patient.networks.aardvark)
    return "dnsname" in patient.networks.plugins


def _helpers(patient: Patient) -> Finding:
    tried = patient.trials.ways.get("network-helper", {})
    works = [name for name in patient.trials.working("network-helper") if name != _LAST]
    how = "giving a network namespace a way out: " + (", ".join(tried) or "none is known")
    if works or patient.account.root:
        happened = f"{works[0]} works" if works else "root needs none"
        return Finding("network-helper", _HELPERS, "ok", how, happened)
    refused = "; ".join(f"{name}: {said}" for name, said in tried.items() if said)
    tun = devices.problem(patient.tun)
    mend: tuple[str, ...] = () if tun is None else (tun.hint,)
    if not patient.networks.helpers:
        mend = ("sudo apt-get install slirp4netns", *mend)
    return Finding(
        "no-network-helper",
        _HELPERS,
        "weak",
        how,
        refused or "neither slirp4netns nor pasta is installed",
        "RUN uses the host's network instead of one of its own",
        "containers start with --network none or host only",
        mend,
    )


def _served(patient: Patient) -> Iterator[Finding]:
    by = served_by(patient)
    tried = "looking for netavark, aardvark-dns and CNI's plugins"
    if not by:
        yield Finding(
            "no-network-backend",
            _SERVED,
            "weak",
            tried,
            "neither netavark nor CNI's plugins are installed",
            "",
            "networks cannot be created; the usual network works where a helper does",
            ("sudo apt-get install netavark aardvark-dns",),
        )
        return
    yield Finding("network-backend", _SERVED, "ok", tried, by)
    if names_resolve(patient):
        yield Finding("names", _NAMES, "ok", tried, "found by name on networks that are created")
        return
    package = "aardvark-dns" if by == "netavark" else _DNSNAME
    yield Finding(
        "names-unresolved",
        _NAMES,
        "weak",
        tried,
        f"{by} without {package}",
        "",
        "containers on a network do not find each other by name",
        (f"sudo apt-get install {package}",),
    )


_DNSNAME = "golang-github-containernetworking-plugin-dnsname"


def _resolver(patient: Patient) -> Finding:
    found = patient.resolver
    subject, tried = "name servers", "reading /etc/resolv.conf"
    shown = ", ".join(found.servers)
    if not found.servers:
        return Finding(
            "no-name-server",
            subject,
            "weak",
            tried,
            "no name server is named",
            "registries and package servers are not found by name",
            "containers find no names of the outside",
            ("echo 'nameserver ADDRESS' | sudo tee -a /etc/resolv.conf",),
        )
    if not found.local:
        return Finding("name-servers", subject, "ok", tried, shown)
    if found.behind:
        happened = f"a stub at {shown}; servers behind it: {', '.join(found.behind)}"
        return Finding("name-servers", subject, "ok", tried, happened)
    return Finding(
        "local-name-server",
        subject,
        "weak",
        tried,
        f"all servers listen on this host's loopback ({shown}), and none are known behind them",
        "steps ask the network helper's own server instead",
        "names of the outside may not be found in containers",
        ("rootbuild run --dns ADDRESS ... names a server for one container",),
    )


def _ports(patient: Patient) -> Finding:
    first = 0 if patient.account.root else patient.kernel.first_port
    tried = "reading net.ipv4.ip_unprivileged_port_start"
    subject = "published ports"
    if first <= 80:
        return Finding("ports", subject, "ok", tried, f"all from {first} on")
    return Finding(
        "privileged-ports",
        subject,
        "note",
        tried,
        f"from {first} on",
        "",
        f"ports below {first} cannot be published",
        ("sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80",),
    )

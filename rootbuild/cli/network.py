"""`network create|ls|inspect|rm|connect|disconnect`."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.backend import Runtime, StoredContainer, StoredNetwork
from rootbuild.cli import rows
from rootbuild.cli.engine import words
from rootbuild.cli.parse import Parsed
from rootbuild.runtime import networks
from rootbuild.runtime.calls import ask
from rootbuild.runtime.listed import Headings, Row
from rootbuild.runtime.membership import not_attached
from rootbuild.runtime.names import no_such_network
from rootbuild.runtime.networks import BRIDGE, called
from rootbuild.runtime.objects import NETWORKS, Act, perform
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record, Value

_HEADERS = Headings(
    CreatedAt="CREATED AT",
    Driver="DRIVER",
    ID="NETWORK ID",
    IPv6="IPV6",
    Internal="INTERNAL",
    Labels="LABELS",
    Name="NAME",
    Scope="SCOPE",
)
_BETWEEN = "\x1f"
_COLUMNS = ("ID", "Name", "Driver", "Scope")


def create(parsed: Parsed) -> int:
    """Make a network and print its id."""
    # Any container may join the engine's networks later: `--attachable` is always so.
    told = ["attachable", "driver", "subnet", "gateway", "ip-range", "opt"]
    wanted = networks.Wanted(
        name=parsed.args[0],
        driver=parsed.text("driver"),
        subnets=parsed.all("subnet"),
        gateways=parsed.all("gateway"),
        ranges=parsed.all("ip-range"),
        options=parsed.all("opt"),
        rest=tuple(parsed.tokens(told)),
    )
    return networks.create(choose_runtime(), wanted)


def ls(parsed: Parsed) -> int:
    """List networks."""
    form = parsed.text("format")
    runtime = choose_runtime()
    if form in ("", "table") and not parsed.switch("quiet"):
        return _table(runtime, parsed)
    told = words(parsed, ["format", "no-trunc", "noheading", "quiet"])
    outcome = ask(runtime, (*told, "--quiet"))
    if outcome.status != 0:
        outcome.replay()
        return 1
    whole = parsed.switch("no-trunc")
    found = runtime.described_networks(outcome.answer.decode().split())
    listed = [_row(network, whole=whole) for network in found]
    if parsed.switch("quiet"):
        return rows.write("".join(f"{row['ID']}\n" for row in listed))
    headed = not parsed.switch("noheading")
    return rows.write(rows.many(form, listed, _HEADERS, _COLUMNS, headed=headed))


def _table(runtime: Runtime, parsed: Parsed) -> int:
    """The columns that the engine's own list has, too: so it is asked only once."""
    told = words(parsed, ["format", "no-trunc", "noheading", "quiet"])
    asked = _BETWEEN.join(("{{.ID}}", "{{.Name}}", "{{.Driver}}"))
    outcome = ask(runtime, (*told, "--no-trunc", f"--format={asked}"))
    if outcome.status != 0:
        outcome.replay()
        return 1
    listed = []
    for line in outcome.answer.decode().splitlines():
        identity, name, driver = line.split(_BETWEEN)
        shown = identity if parsed.switch("no-trunc") else identity[:12]
        listed.append(Record(ID=shown, Name=name, Driver=driver, Scope="local"))
    headed = not parsed.switch("noheading")
    return rows.write(rows.many("", listed, _HEADERS, _COLUMNS, headed=headed))


def inspect(parsed: Parsed) -> int:
    """Tell all about networks in Docker's form; unknown ones do not keep us from the others."""
    runtime = choose_runtime()
    found = known(runtime, parsed.args)
    rows.write_all(parsed.text("format"), records(runtime, [*found.values()]))
    missing = [name for name in parsed.args if name not in found]
    if missing:
        raise no_such_network(missing)
    return 0


def known(runtime: Runtime, names: Sequence[str]) -> dict[str, str]:
    """What the engine calls those networks that are there."""
    networks = runtime.networks()
    found = ((name, called(runtime, name, networks)) for name in names)
    return {name: network for name, network in found if network is not None}


def records(runtime: Runtime, names: Sequence[str]) -> list[Record]:
    """Networks that are there, in Docker's form."""
    if not names:
        return []
    members = runtime.containers()
    return [_described(network, members) for network in runtime.described_networks(names)]


def rm(parsed: Parsed) -> int:
    """Remove networks."""
    # The engine's own `--force` would remove the containers as well.
    act = Act(words(parsed, ["force"]), parsed.args, forgiving=parsed.switch("force"))
    return min(perform(choose_runtime(), NETWORKS, act), 1)


def attach(parsed: Parsed) -> int:
    """A network, and a container that joins or leaves it."""
    runtime = choose_runtime()
    network, container = parsed.args
    leaves = parsed.command.path[-1] == "disconnect"
    name = known(runtime, [network]).get(network, network) if network == BRIDGE else network
    outcome = ask(runtime, (*words(parsed), name, container))
    if outcome.status != 0:
        refused = not_attached(runtime, network, container, leaves=leaves)
        if refused is not None:
            raise refused
    elif leaves:
        runtime.settle()
    outcome.replay()
    return min(outcome.status, 1)


def _row(network: StoredNetwork, *, whole: bool) -> Row:
    labels = ",".join(f"{key}={value}" for key, value in sorted(network.labels.items()))
    found = Row(
        CreatedAt=network.created,
        Driver=network.driver,
        ID=network.id if whole else network.id[:12],
        IPv6=str(network.ipv6).lower(),
        Internal=str(network.internal).lower(),
        Labels=labels,
        Name=network.name,
        Scope="local",
    )
    found.labels = network.labels
    return found


def _described(network: StoredNetwork, containers: Sequence[StoredContainer]) -> Record:
    """A network as Docker's API has it; addresses of containers are theirs to tell."""
    config: list[Value] = []
    for subnet, gateway, addresses in network.subnets:
        ranges = {"IPRange": addresses} if addresses else {}
        config.append(Record(Subnet=subnet, Gateway=gateway, **ranges))
    members: dict[str, Value] = {
        container.id: Record(Name=container.names[0] if container.names else "")
        for container in containers
        if network.name in container.networks and container.status == "running"
    }
    return Record(
        Name=network.name,
        Id=network.id,
        Created=network.created,
        Scope="local",
        Driver=network.driver,
        EnableIPv6=network.ipv6,
        IPAM=Record(Driver=network.ipam, Options=None, Config=config),
        Internal=network.internal,
        Attachable=False,
        Ingress=False,
        ConfigFrom=Record(Network=""),
        ConfigOnly=False,
        Containers=members,
        Options=dict(network.options),
        Labels=dict(network.labels),
    )

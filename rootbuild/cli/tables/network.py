"""`network ...`."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch, value, values

COMMANDS = (
    Command(
        ("network", "create"),
        "Create a network",
        "[OPTIONS] NETWORK",
        "rootbuild.cli.network:create",
        (
            switch("attachable", "Accepted: containers may always be attached"),
            value("driver", "Driver to manage the Network", "d"),
            values("gateway", "IPv4 or IPv6 Gateway for the master subnet"),
            switch("internal", "Restrict external access to the network"),
            values("ip-range", "Allocate container ip from a sub-range"),
            value("ipam-driver", "IP Address Management Driver"),
            switch("ipv6", "Enable IPv6 networking"),
            values("label", "Set metadata on a network"),
            values("opt", "Set driver specific options", "o"),
            values("subnet", "Subnet in CIDR format that represents a network segment"),
        ),
        minimum=1,
        maximum=1,
    ),
    Command(
        ("network", "ls"),
        "List networks",
        "[OPTIONS]",
        "rootbuild.cli.listing:networks",
        (
            values("filter", 'Provide filter values (e.g. "driver=bridge")', "f", "filter"),
            value("format", "Format output using a Go template or 'json'"),
            switch("no-trunc", "Do not truncate the output"),
            switch("noheading", hidden=True),  # clients of podman
            switch("quiet", "Only display network IDs", "q"),
        ),
        maximum=0,
        aliases=(("network", "list"),),
    ),
    Command(
        ("network", "inspect"),
        "Display detailed information on one or more networks",
        "[OPTIONS] NETWORK [NETWORK...]",
        "rootbuild.cli.network:inspect",
        (value("format", "Format output using a Go template or 'json'", "f"),),
        minimum=1,
    ),
    Command(
        ("network", "rm"),
        "Remove one or more networks",
        "NETWORK [NETWORK...]",
        "rootbuild.cli.network:rm",
        (switch("force", "Do not error if the network does not exist", "f"),),
        minimum=1,
        aliases=(("network", "remove"),),
    ),
    Command(
        ("network", "prune"),
        "Remove all unused networks",
        "[OPTIONS]",
        "rootbuild.cli.prune:networks",
        (
            values("filter", 'Provide filter values (e.g. "until=<timestamp>")', metavar="filter"),
            switch("force", "Do not prompt for confirmation", "f"),
        ),
        maximum=0,
    ),
    Command(
        ("network", "connect"),
        "Connect a container to a network",
        "[OPTIONS] NETWORK CONTAINER",
        "rootbuild.cli.network:attach",
        (
            values("alias", "Add network-scoped alias for the container"),
            value("ip", "IPv4 address (e.g., 172.30.100.104)"),
            value("ip6", "IPv6 address (e.g., 2001:db8::33)"),
        ),
        minimum=2,
        maximum=2,
    ),
    Command(
        ("network", "disconnect"),
        "Disconnect a container from a network",
        "[OPTIONS] NETWORK CONTAINER",
        "rootbuild.cli.network:attach",
        (switch("force", "Force the container to disconnect from a network", "f"),),
        minimum=2,
        maximum=2,
    ),
)

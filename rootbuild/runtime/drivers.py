"""Drivers of networks and their options: Docker's names, and what the engine calls them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.errors import RuntimeRefusedError

DRIVERS = ("bridge", "macvlan", "ipvlan")
_PREFIX = "com.docker.network."
_RENAMED = {f"{_PREFIX}driver.mtu": "mtu"}
# What the engine does anyway; it cannot do otherwise.
_FIXED = {
    f"{_PREFIX}bridge.default_bridge": ("false",),
    f"{_PREFIX}bridge.enable_icc": ("true", "1"),
    f"{_PREFIX}bridge.enable_ip_masquerade": ("true", "1"),
    f"{_PREFIX}bridge.host_binding_ipv4": ("0.0.0.0",),  # noqa: S104 - Docker's default
}
_SWARM = "swarm"


def options(given: Sequence[str]) -> Iterator[str]:
    """Options (`KEY=VALUE`) in the engine's words. Raises RuntimeRefusedError."""
    for option in given:
        key, _, value = option.partition("=")
        if key in _RENAMED:
            yield f"{_RENAMED[key]}={value}"
        elif key.startswith(_PREFIX):
            if value not in _FIXED.get(key, ()):
                raise unsupported(f"the network option {option}")
        else:
            yield option


def unknown(driver: str) -> RuntimeRefusedError | None:
    """Why there is no network of that driver, if that is so."""
    if driver in DRIVERS or not driver:
        return None
    if driver in ("host", "null", "none"):
        message = f'only one instance of "{driver}" network is allowed'
    elif driver == "overlay":
        message = "This node is not a swarm manager."
    else:
        message = f'could not find plugin {driver}: plugin "{driver}" not found'
    return RuntimeRefusedError(
        message,
        id="no-such-driver",
        exit_code=1,
        hint=f"drivers of networks are {', '.join(DRIVERS)}",
    )


def unsupported(what: str) -> RuntimeRefusedError:
    """The refusal of what the engine has nothing for."""
    return RuntimeRefusedError(
        f"{what} is not supported: the engine has nothing like it",
        id="not-supported",
        exit_code=1,
    )

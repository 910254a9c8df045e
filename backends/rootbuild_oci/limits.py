"""What a step may use, in the words of the OCI runtime specification."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence

from rootbuild.errors import HostError
from rootbuild.execution import UNLIMITED, Resources, Ulimit

INFINITY = 2**64 - 1
HARD = 1

Json = dict[str, object]


def rlimits(ulimits: Sequence[Ulimit]) -> list[Json]:
    """`process.rlimits`."""
    return [
        {
            "type": f"RLIMIT_{limit.name.upper()}",
            "soft": _number(limit.soft),
            "hard": _number(limit.hard),
        }
        for limit in ulimits
    ]


def refuse_unreachable(
    ulimits: Sequence[Ulimit], hard: Callable[[str], int], *, root: bool
) -> None:
    """Raise HostError for limits above our own, which only the host's root could raise.

    `hard` tells our own hard limit of a name, -1 if there is none; `root` that we are that root.
    """
    if root:
        return
    for limit in ulimits:
        most = hard(limit.name)
        if most != UNLIMITED and (limit.hard == UNLIMITED or limit.hard > most):
            wanted = "unlimited" if limit.hard == UNLIMITED else str(limit.hard)
            raise HostError(
                f"a step cannot have the limit {limit.name}={wanted}: this user's own is {most}",
                id="limit-too-high",
                hint=f"ask for at most {most}, or have this user's raised"
                " (/etc/security/limits.conf)",
            )


def own_hard(name: str) -> int:
    """Our own hard limit, -1 for none, or for a limit that Python does not know."""
    number = getattr(resource, f"RLIMIT_{name.upper()}", None)
    if number is None:
        return UNLIMITED
    most = resource.getrlimit(number)[HARD]
    return UNLIMITED if most == resource.RLIM_INFINITY else most


def containers_conf(ulimits: Sequence[Ulimit]) -> str:
    """A containers.conf with these limits, which is how `buildah run` can be told of them."""
    listed = ", ".join(f'"{limit.name}={limit.soft}:{limit.hard}"' for limit in ulimits)
    return f"[containers]\ndefault_ulimits = [{listed}]\n"


def group(resources: Resources) -> Json:
    """`linux.resources`, without its devices."""
    memory: Json = {"limit": resources.memory, "swap": resources.memory_swap}
    cpu: Json = {
        "shares": resources.cpu_shares,
        "period": resources.cpu_period,
        "quota": resources.cpu_quota,
        "cpus": resources.cpuset_cpus,
        "mems": resources.cpuset_mems,
    }
    given = {"memory": _given(memory), "cpu": _given(cpu)}
    return {name: part for name, part in given.items() if part}


def _given(part: Json) -> Json:
    return {key: value for key, value in part.items() if value}


def _number(value: int) -> int:
    return INFINITY if value == UNLIMITED else value

"""The functions that definitions may call.

https://docs.docker.com/build/bake/funcs/
"""

from __future__ import annotations

from rootbuild.bake.functions import dates, digests, lists, networks, numbers, sets, texts
from rootbuild.bake.functions.signature import Function
from rootbuild.bake.nodes import Value

FUNCTIONS: dict[str, Function] = {
    **numbers.FUNCTIONS,
    **texts.FUNCTIONS,
    **lists.FUNCTIONS,
    **sets.FUNCTIONS,
    **digests.FUNCTIONS,
    **dates.FUNCTIONS,
    **networks.FUNCTIONS,
}
# Evaluated without their arguments first; see `evaluate.py`.
LAZY = ("try", "can", "convert")


def apply(name: str, args: list[Value]) -> Value:
    """Call one of them. Raises Unfit for arguments that do not fit; KeyError if there is none."""
    return FUNCTIONS[name].apply(args)

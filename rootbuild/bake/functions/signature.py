"""What a function takes: how its arguments are converted, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rootbuild.bake.nodes import Value
from rootbuild.bake.values import (
    Unfit,
    as_bool,
    as_list,
    as_map,
    as_number,
    as_string,
    as_whole,
)
from rootbuild.records import dataclass

# Letters of signatures: what the argument becomes before the function sees it.
_READERS: dict[str, Callable[[Value], object]] = {
    "s": as_string,
    "n": as_number,
    "i": as_whole,
    "b": as_bool,
    "l": as_list,
    "m": as_map,
    "a": lambda value: value,
}


@dataclass(frozen=True, slots=True)
class Function:
    """`takes` has a letter for each argument; what follows `?` may be left out, and of the letter
    behind `*` there may be any number.
    """

    takes: str
    body: Callable[..., Any]

    def apply(self, args: list[Value]) -> Value:
        """Call it. Raises Unfit."""
        fixed, _, many = self.takes.partition("*")
        needed, _, more = fixed.partition("?")
        letters = needed + more
        if len(args) < len(needed) or (len(args) > len(letters) and not many):
            raise Unfit(f"it takes {_count(needed, more, many)} arguments, not {len(args)}")
        letters += many * max(len(args) - len(letters), 0)
        read = []
        for position, (letter, arg) in enumerate(zip(letters, args, strict=False), start=1):
            try:
                read.append(_READERS[letter](arg))
            except Unfit as unfit:
                raise Unfit(f"argument {position}: {unfit}") from None
        found: Value = self.body(*read)
        return found


def _count(needed: str, more: str, many: str) -> str:
    if many:
        return f"at least {len(needed)}"
    return str(len(needed)) if not more else f"{len(needed)} to {len(needed + more)}"

"""STOPSIGNAL: what is a signal on Linux."""

from __future__ import annotations

import re

from rootbuild.errors import DockerfileError

_SINGLE = (
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT "
    "STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX"
)
_NAMES = frozenset(
    (
        *_SINGLE.split(),
        *(f"RTMIN+{number}" for number in range(1, 16)),
        *(f"RTMAX-{number}" for number in range(1, 15)),
    )
)
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}")


def check_signal(signal: str) -> None:
    """Accept a number other than 0, or a name with or without `SIG`, in any case.

    Raises DockerfileError otherwise.
    """
    if _NUMBER.fullmatch(signal):
        known = int(signal) != 0
    else:
        known = signal.upper().removeprefix("SIG") in _NAMES
    if not known:
        raise DockerfileError(
            f"invalid signal: {signal}",
            id="invalid-signal",
            hint="use a name such as SIGTERM or SIGRTMIN+3, or a number",
        )

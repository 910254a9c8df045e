"""The smallest programs that do nothing, for asking the kernel which architectures it runs.

Each is an ELF file of one segment: two headers, and a few instructions that call exit(0).
Layout: https://refspecs.linuxfoundation.org/elf/elf.pdf
"""

from __future__ import annotations

import struct
from typing import Literal

from rootbuild.records import dataclass

LOAD_ADDRESS = 0x10000
_EXECUTABLE, _LOAD, _READ_AND_EXECUTE, _PAGE = 2, 1, 5, 0x1000


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture: its number in ELF headers, word size, byte order, and exit(0) as code."""

    number: int
    bits: Literal[32, 64]
    code: bytes
    little: bool = True
    flags: int = 0


MACHINES = {
    "386": Machine(3, 32, bytes.fromhex("31db b801000000 cd80")),
    "amd64": Machine(62, 64, bytes.fromhex("31ff b83c000000 0f05")),
    "arm": Machine(40, 32, bytes.fromhex("0000a0e3 0170a0e3 000000ef"), flags=0x5000400),
    "arm64": Machine(183, 64, bytes.fromhex("000080d2 a80b80d2 010000d4")),
    "loong64": Machine(258, 64, bytes.fromhex("04008002 0b748102 00002b00"), flags=0x43),
    "mips64le": Machine(8, 64, bytes.fromhex("25200000 c2130224 0c000000"), flags=0x80000007),
    "ppc64le": Machine(21, 64, bytes.fromhex("01000038 00006038 02000044"), flags=2),
    "riscv64": Machine(243, 64, bytes.fromhex("13050000 9308d005 73000000"), flags=5),
    "s390x": Machine(22, 64, bytes.fromhex("a7290000 0a01"), little=False),
}
"""By the names that platforms have (`linux/arm64`)."""


def program(machine: Machine) -> bytes:
    """A static executable for a machine, which exits with 0 at once."""
    order = "<" if machine.little else ">"
    identity = b"\x7fELF" + bytes((2 if machine.bits == 64 else 1, 1 if machine.little else 2, 1))
    word = "Q" if machine.bits == 64 else "I"
    header, entry = (64, 56) if machine.bits == 64 else (52, 32)
    start = header + entry
    size = start + len(machine.code)
    head = struct.pack(
        f"{order}16sHHI{word}{word}{word}IHHHHHH",
        *(identity, _EXECUTABLE, machine.number, 1),
        *(LOAD_ADDRESS + start, header, 0, machine.flags),
        *(header, entry, 1, 0, 0, 0),
    )
    place = (0, LOAD_ADDRESS, LOAD_ADDRESS, size, size)
    if machine.bits == 64:
        segment = struct.pack(f"{order}IIQQQQQQ", _LOAD, _READ_AND_EXECUTE, *place, _PAGE)
    else:
        segment = struct.pack(f"{order}IIIIIIII", _LOAD, *place, _READ_AND_EXECUTE, _PAGE)
    return head + segment + machine.code

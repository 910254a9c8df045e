"""seccomp filters as the kernel takes them, kept so that they need not be made for each step.

Making one out of the rules takes longer than everything else that crun does for a step. It can be
handed one that is ready (crun(1), run.oci.seccomp_bpf_data); we hand it what it made itself for the
same rules. The rules stay in the bundle, for a crun that does not know that annotation.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

from rootbuild import process
from rootbuild_oci import namespace

MAKER = "crun"
ANNOTATION = "run.oci.seccomp_bpf_data"
MADE = "seccomp.bpf"
INSTRUCTION_BYTES = 8

Json = dict[str, object]


def apply(runtime: str, bundle: Path) -> None:
    """Put the filter for a bundle's rules into its config.json, if there is one."""
    if runtime != MAKER:
        return
    content, rules = _read(bundle)
    try:
        made = _file(rules).read_bytes()
    except FileNotFoundError:
        return
    if not made:
        return
    annotations = {ANNOTATION: base64.b64encode(made).decode()}
    (bundle / "config.json").write_text(json.dumps({**content, "annotations": annotations}))


def kept(runtime: str, rules: object) -> bool:
    """Whether nothing is to be gained by having this runtime make a filter for rules."""
    return runtime != MAKER or rules is None or _file(rules).exists()


def keep(runtime: str, bundle: Path, state: Path) -> None:
    """Keep the filter that a runtime has made for a bundle; `state` is its folder for that.

    An empty one says that this runtime leaves none, so that it is not asked for again.
    """
    if runtime != MAKER:
        return
    made = state / MADE
    data = made.read_bytes() if made.exists() else b""
    target = _file(_read(bundle)[1])
    staged = target.with_name(f"{target.name}.{os.getpid()}")
    staged.write_bytes(b"" if len(data) % INSTRUCTION_BYTES else data)
    staged.replace(target)


def _read(bundle: Path) -> tuple[Json, object]:
    """A bundle's config.json, and the rules in it."""
    content: Json = json.loads((bundle / "config.json").read_bytes())
    linux = content.get("linux")
    return content, linux.get("seccomp") if isinstance(linux, dict) else None


def _file(rules: object) -> Path:
    """Where the filter for rules is kept. It is one program's, and made for one kernel."""
    program = process.find(MAKER)
    status = os.stat(program) if program else None
    maker = (program, status and (status.st_ino, status.st_mtime_ns), os.uname().release)
    name = hashlib.sha256(json.dumps([rules, maker]).encode()).hexdigest()
    return namespace.folder() / f"seccomp-{name[:32]}"

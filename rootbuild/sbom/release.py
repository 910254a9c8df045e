"""Which distribution an image holds: os-release(5)."""

from __future__ import annotations

import shlex

from rootbuild.files.rootfs import Rootfs
from rootbuild.sbom.package import Distribution

FILES = ("/etc/os-release", "/usr/lib/os-release")
_SIZE_LIMIT = 64 << 10


def read_distribution(rootfs: Rootfs) -> Distribution:
    """The distribution of a root filesystem; an empty one where it does not say."""
    for path in FILES:
        content = rootfs.read_file(path, _SIZE_LIMIT)
        if content is not None:
            return parse_release(content.decode("utf-8", "replace"))
    return Distribution()


def parse_release(text: str) -> Distribution:
    """Read os-release: shell assignments without expansions. Broken lines are left out."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            values[name] = "".join(shlex.split(value))
        except ValueError:
            continue
    return Distribution(
        id=values.get("ID", ""),
        version=values.get("VERSION_ID", ""),
        name=values.get("PRETTY_NAME", "") or values.get("NAME", ""),
    )

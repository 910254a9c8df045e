"""`system df`: what takes how much of the disk."""

from __future__ import annotations

from platformdirs import user_cache_path

from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.runtime.disk import Share, shares
from rootbuild.runtime.display import size
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

_HEADERS = {
    "Type": "TYPE",
    "TotalCount": "TOTAL",
    "Active": "ACTIVE",
    "Size": "SIZE",
    "Reclaimable": "RECLAIMABLE",
}


def run(parsed: Parsed) -> int:
    """Print a line a kind of thing, or with `--verbose` all of them."""
    if parsed.switch("verbose"):
        from rootbuild.cli import disk_details

        return disk_details.run(choose_runtime(), parsed.text("format"))
    found = (_row(share) for share in shares(choose_runtime(), user_cache_path("rootbuild")))
    return rows.write(rows.many(parsed.text("format"), found, _HEADERS, tuple(_HEADERS)))


def _row(share: Share) -> Record:
    part = f" ({100 * share.reclaimable // share.size}%)" if share.size else ""
    return Record(
        Active=str(share.active),
        Reclaimable=f"{size(share.reclaimable)}{part}",
        Size=size(share.size),
        TotalCount=str(share.total),
        Type=share.kind,
    )

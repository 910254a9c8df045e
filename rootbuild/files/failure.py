"""The one edge where the system's errors become messages for people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from rootbuild.errors import BuildError, HostError


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an OSError that leaves the block into an error that says what was being done.

    `doing` completes "cannot ...". Errors that are ours already pass.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HostError(
                f"no space left: cannot {doing}",
                id="no-space",
                hint="free space where images are stored (see `df` and your quota), for example "
                "with: podman system prune",
            ) from error
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise HostError(
                f"too many open files: cannot {doing}",
                id="too-many-open-files",
                hint="directories are nested too deeply for the limit on open files: raise it "
                "with `ulimit -n`",
            ) from error
        raise BuildError(f"cannot {doing}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return f"{error.strerror} (a symbolic link or file stands in the way)"
    return error.strerror or str(error)

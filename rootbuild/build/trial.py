"""A step of a build with nothing at stake, to see whether builds work here."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rootbuild.backend import Backend, Bind, Exec
from rootbuild.build.journal import clean_up_after_killed, open_journal
from rootbuild.errors import Interrupted, RootbuildError
from rootbuild.facts import programs
from rootbuild.host.attempt import last_line


def try_step(backend: Backend, journals: Path, program: str, *, keep: bool = True) -> str:
    """Run a program of the host's in a fresh container, make an image of it, and remove that.

    "" if that works, else what went wrong. No image is made unless `keep`. To be called inside of
    the engine's namespace.
    """
    try:
        clean_up_after_killed(journals, backend.sweep)
        with open_journal(journals) as journal, backend.session():
            name = journal.container()
            with backend.start(None, name) as container:
                status, output = _run(backend, container, program)
                if keep:
                    backend.remove([backend.commit(container).image])
    except Interrupted:
        raise
    except RootbuildError as error:
        return last_line(error)
    except OSError as error:
        return str(error)
    return "" if status == 0 else f"{program} exited with {status} {output}".rstrip()


def _run(backend: Backend, container: str, program: str) -> tuple[int, str]:
    folders = programs.look()
    with backend.mount(container) as rootfs, tempfile.TemporaryFile() as output:
        for link, target in folders.links:
            (rootfs / link).symlink_to(target)
        mounts = tuple(Bind(folder, str(folder)) for folder in folders.mounts)
        status = backend.run(container, Exec((program,), mounts=mounts), output)
        output.seek(0)
        return status, output.read().decode("utf-8", "replace").strip()

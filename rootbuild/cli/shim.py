"""`docker-shim install|remove`: this program under the name `docker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.errors import HostError, UsageError

NAME = "docker"
FOLDER = "~/.local/bin"
_MARK = "# docker, by rootbuild docker-shim"
_LONGEST_FIRST_LINE = 127


def install(parsed: Parsed) -> int:
    """Put a `docker` into the folder, and say what it shadows. Raises UsageError or HostError."""
    place = _place(parsed)
    if _exists(place) and not is_ours(place) and not parsed.switch("force"):
        raise UsageError(
            f"{place} is there already, and not ours",
            hint="--force replaces it, --dir names another folder",
            id="shim-not-ours",
            exit_code=1,
        )
    try:
        _write(place)
    except OSError as error:
        raise _unwritable(place, error) from error
    return rows.write(f"{place} is rootbuild now\n" + _standing(place, os.environ.get("PATH", "")))


def remove(parsed: Parsed) -> int:
    """Take it away, if it is ours. Raises UsageError or HostError."""
    place = _place(parsed)
    if not _exists(place):
        raise UsageError(f"there is no {place}", id="shim-missing", exit_code=1)
    if not is_ours(place):
        raise UsageError(f"{place} is not ours, so it stays", id="shim-not-ours", exit_code=1)
    try:
        place.unlink()
    except OSError as error:
        raise _unwritable(place, error) from error
    return rows.write(f"{place} is gone\n")


def _write(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f".{NAME}.{os.getpid()}")
    try:
        new.write_text(script(sys.executable))
        new.chmod(0o755)
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)


def _unwritable(place: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot change {place}: {(error.strerror or str(error)).lower()}",
        hint="--dir names another folder",
        id="shim-folder",
    )


def script(interpreter: str) -> str:
    """A program that is rootbuild under the name that it is started by."""
    first = f"#!{interpreter}"
    if " " in interpreter or len(first) > _LONGEST_FIRST_LINE:
        # The kernel cannot read such a first line: a shell hands the file to Python, for which
        # the same line is a string.
        first = f"#!/bin/sh\n'''exec' \"{interpreter}\" \"$0\" \"$@\"\n' '''"
    return (
        f"{first}\n{_MARK}\nimport sys\n\nfrom rootbuild.__main__ import main\n\nsys.exit(main())\n"
    )


def is_ours(place: Path) -> bool:
    """Whether we have made the file."""
    try:
        return not place.is_symlink() and _MARK.encode() in place.read_bytes()[:4096]
    except OSError:
        return False


def _standing(place: Path, path: str) -> str:
    """What the new program shadows, or what shadows it."""
    folders = [Path(folder) for folder in path.split(os.pathsep) if folder]
    if place.parent not in folders:
        return f"{place.parent} is not on PATH: export PATH={place.parent}:$PATH\n"
    at = folders.index(place.parent)
    text = ""
    for number, folder in enumerate(dict.fromkeys(folders)):
        other = folder / NAME
        if other == place or not os.access(other, os.X_OK) or other.is_dir():
            continue
        before = f"comes before it on PATH: put {place.parent} first"
        text += f"{other} {'is shadowed by it' if number > at else before}\n"
    return text


def _place(parsed: Parsed) -> Path:
    return Path(os.path.abspath(os.path.expanduser(parsed.text("dir") or FOLDER))) / NAME


def _exists(place: Path) -> bool:
    return os.path.lexists(place)

"""Which container, image or network a person means: names and beginnings of ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from rootbuild.backend import StoredContainer, StoredImage
from rootbuild.errors import ImageNotFoundError, RuntimeRefusedError
from rootbuild.image import reference

_T = TypeVar("_T")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})")


def find_container(name: str, known: Sequence[StoredContainer]) -> StoredContainer | None:
    """By whole id, by name, or by a beginning of an id that fits only one."""
    wanted = name.removeprefix("/")
    for container in known:
        if wanted == container.id or wanted in container.names:
            return container
    return _only([c for c in known if _HEX.fullmatch(wanted) and c.id.startswith(wanted)])


def find_network(name: str, known: Sequence[tuple[str, str]]) -> str | None:
    """The name of the network of that name or beginning of an id."""
    if any(name == found for _, found in known):
        return name
    return _only([found for id, found in known if _HEX.fullmatch(name) and id.startswith(name)])


def whole_names(name: str) -> tuple[str, ...]:
    """What a name of an image may stand for here, the likeliest first.

    Docker Hub's, as everywhere in Docker; then `localhost/NAME`, as podman and buildah call what
    they build. Raises UsageError.
    """
    first = reference.parse(name)
    looks_short = first.registry == reference.HUB and not name.startswith(
        (reference.HUB, f"index.{reference.HUB}")
    )
    if not looks_short:
        return (str(first),)
    return (str(first), str(reference.parse(f"localhost/{name}")))


def indexes_among(names: Sequence[str], known: Sequence[StoredImage]) -> tuple[str, ...]:
    """Which of some whole names and ids are those of indexes.

    The engine takes most commands on one to mean the image in it that is for this host.
    """
    ids = {image.id for image in known if image.instances}
    called = {name for image in known if image.instances for name in image.names}
    return tuple(name for name in names if name in ids or name in called)


def find_image(name: str, known: Sequence[StoredImage]) -> str | None:
    """What to call an image of the store: its whole name, or its id; None if it is not there."""
    if not reference.is_id(name):
        for whole in whole_names(name):
            if any(_bears(image, whole) for image in known):
                return whole
    match = _HEX.fullmatch(name)
    if match is None:
        return None
    found = _only([image for image in known if image.id.startswith(match[1])])
    return found.id if found else None


def need_image(name: str, known: Sequence[StoredImage]) -> str:
    """As `find_image`. Raises ImageNotFoundError."""
    found = find_image(name, known)
    if found is None:
        shown = name if reference.is_id(name) else reference.familiar(name)
        raise ImageNotFoundError(f"No such image: {shown}")
    return found


def check_name(name: str, exit_code: int = 125) -> None:
    """Raise RuntimeRefusedError if a container cannot be called that."""
    if not _NAME.fullmatch(name.removeprefix("/")):
        raise RuntimeRefusedError(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
            id="bad-name",
            exit_code=exit_code,
        )


def name_in_use(name: str, user: str, exit_code: int = 125) -> RuntimeRefusedError:
    """The error for a name that another container (id) has."""
    return RuntimeRefusedError(
        f'Conflict. The container name "/{name}" is already in use by container "{user}". '
        "You have to remove (or rename) that container to be able to reuse that name.",
        id="name-in-use",
        exit_code=exit_code,
        hint=f"rootbuild rm -f {name} removes it",
    )


def image_in_use(
    names: Sequence[str], known: Sequence[StoredImage], containers: Sequence[StoredContainer]
) -> RuntimeRefusedError | None:
    """The error for the first of some whole names and ids whose image a container has."""
    for name in names:
        image = next((each for each in known if name == each.id or name in each.names), None)
        user = next((each for each in containers if image and each.image == image.id), None)
        if image is None or user is None:
            continue
        if name == image.id:
            state = "running" if user.status == "running" else "stopped"
            how = "cannot be forced" if state == "running" else "must be forced"
            message = (
                f"conflict: unable to delete {name[:12]} ({how}) - image is being used by "
                f"{state} container {user.id[:12]}"
            )
        else:
            message = (
                f'conflict: unable to remove repository reference "{reference.familiar(name)}" '
                f"(must force) - container {user.id[:12]} is using its referenced image "
                f"{image.id[:12]}"
            )
        hint = f"remove the container first: rootbuild rm -f {user.id[:12]}"
        return RuntimeRefusedError(message, id="image-in-use", exit_code=1, hint=hint)
    return None


def no_such_container(names: Sequence[str]) -> RuntimeRefusedError:
    """The error for containers that are not there."""
    message = "\n".join(f"No such container: {name}" for name in names)
    return RuntimeRefusedError(message, id="no-such-container", exit_code=1)


def no_such_network(names: Sequence[str], exit_code: int = 1) -> RuntimeRefusedError:
    """The error for networks that are not there."""
    message = "\n".join(f"network {name} not found" for name in names)
    return RuntimeRefusedError(
        message,
        id="no-such-network",
        exit_code=exit_code,
        hint=f"rootbuild network create {names[0]} makes it, rootbuild network ls shows all",
    )


def _bears(image: StoredImage, whole: str) -> bool:
    """Whether an image has this name; a digest counts instead of the tag."""
    if whole in image.names:
        return True
    wanted = reference.parse(whole)
    if not wanted.digest or wanted.digest != image.digest:
        return False
    return any(reference.parse(name).name == wanted.name for name in image.names)


def _only(found: list[_T]) -> _T | None:
    return found[0] if len(found) == 1 else None

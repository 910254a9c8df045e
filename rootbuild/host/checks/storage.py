"""Storage drivers: which one the store has, and which ones mount here."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.facts import store
from rootbuild.host.finding import Finding, WriteFile, of_problem
from rootbuild.host.patient import Patient

SUBJECT = "storage driver"
GOOD = "overlay"
_TRIED = "mounting an overlay in a user namespace, reading storage.conf and podman's database"
_DEAR = "every layer is a whole copy: builds are slower and take many times the disk"
_DEAR_RUNS = "every container starts with a copy of its image"


def check(patient: Patient) -> Iterator[Finding]:
    """The store's driver, and whether a better one could be had."""
    found = store.problem(patient.store)
    if found is not None:
        yield of_problem(
            found,
            SUBJECT,
            _TRIED,
            builds="images go to a store that containers do not see, or to none",
            runs="images that were built are not found",
        )
        return
    missing = store.incomplete(patient.store)
    if missing is not None and patient.trials.step:
        yield of_problem(missing, SUBJECT, _TRIED, builds="buildah refuses to start")
    yield _driver(patient)


def in_effect(patient: Patient) -> str:
    """The driver that engines use, or will use, with what they know now."""
    known = patient.store.driver or patient.store.recorded
    return known or ("overlay" if patient.account.root else "vfs")


def overlay_mounts(patient: Patient) -> str:
    """How an overlay can be mounted here: by the kernel, by FUSE, or "" not at all."""
    if patient.trials.overlay == "":
        return "by the kernel"
    return "by fuse-overlayfs" if patient.trials.fuse_overlayfs == "" else ""


def _driver(patient: Patient) -> Finding:
    driver, how = in_effect(patient), overlay_mounts(patient)
    if driver != "vfs":
        if driver == GOOD and not how:
            return _unmountable(patient)
        return Finding("storage-driver", SUBJECT, "ok", _TRIED, f"{driver}, {how or 'not tried'}")
    if not how:
        return Finding(
            "storage-vfs",
            SUBJECT,
            "weak",
            _TRIED,
            f"vfs; no overlay can be mounted here ({patient.trials.overlay})",
            _DEAR,
            _DEAR_RUNS,
            ("sudo apt-get install fuse-overlayfs && sudo chmod 0666 /dev/fuse",),
        )
    return _vfs_for_no_reason(patient, how)


def _vfs_for_no_reason(patient: Patient, how: str) -> Finding:
    """The engines take vfs although an overlay could be mounted."""
    text = _configuration(patient, how)
    path = patient.store.config
    quoted = text.replace("\n", "\\n")
    write = f"mkdir -p {path.parent} && printf '{quoted}' > {path}"
    happened = f"vfs, though an overlay can be mounted {how}"
    if patient.store.used:
        mend: tuple[str, ...] = ("podman system reset  # this deletes all images", write)
        happened += "; the store is in use already, so that this cannot be changed any more"
        fix = None
    elif patient.store.exists:
        mend, fix = (f'say driver = "overlay" below [storage] in {path}',), None
    else:
        mend, fix = (write,), WriteFile(path, text)
    return Finding("storage-vfs", SUBJECT, "weak", _TRIED, happened, _DEAR, _DEAR_RUNS, mend, fix)


def _configuration(patient: Patient, how: str) -> str:
    """A storage.conf with which all versions of the engines work."""
    lines = ["[storage]", 'driver = "overlay"']
    usual = f"/tmp/containers-user-{patient.account.uid}/containers"  # noqa: S108 - as engines do
    run = f"{patient.runtime_dir.used}/containers" if patient.runtime_dir.good else usual
    # Where XDG_CONFIG_HOME is set, older versions of buildah miss these two.
    lines += [f'runroot = "{run}"', f'graphroot = "{patient.store.folder}"']
    if how == "by fuse-overlayfs":
        lines += ["[storage.options.overlay]", 'mount_program = "/usr/bin/fuse-overlayfs"']
    return "\n".join(lines) + "\n"


def _unmountable(patient: Patient) -> Finding:
    return Finding(
        "storage-overlay-refused",
        SUBJECT,
        "broken",
        _TRIED,
        f"the store has overlay, which cannot be mounted: {patient.trials.overlay}",
        "no working container can be mounted",
        "no container can be mounted",
        ("sudo apt-get install fuse-overlayfs && sudo chmod 0666 /dev/fuse",),
    )

"""User namespaces: made for real, and the settings of the kernel about them."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.facts import kernel
from rootbuild.host.finding import Finding, of_problem
from rootbuild.host.patient import Patient
from rootbuild.host.trial import NOT_MADE

SUBJECT = "user namespaces"
_NEITHER = "an ordinary user can neither build nor run anything"
_TRIED = "having the engine make one"
_PROFILE = (
    "printf 'abi <abi/4.0>,\\n"
    "profile {name} {path} flags=(unconfined) {{ userns, }}\\n' |"
    " sudo tee /etc/apparmor.d/{name} && sudo apparmor_parser -r /etc/apparmor.d/{name}"
)


def check(patient: Patient) -> Iterator[Finding]:
    """Whether namespaces can be made, and with how many ids."""
    trials = patient.trials
    if patient.account.root:
        yield Finding("user-namespace", SUBJECT, "ok", "asking who we are", "root needs none")
        return
    found = kernel.problem(patient.kernel)
    if found is not None:
        yield of_problem(found, SUBJECT, "reading sysctls", builds=_NEITHER, runs=_NEITHER)
    elif trials.namespace == "":
        happened = f"made, with {trials.ids} ids"
        yield Finding("user-namespace", SUBJECT, "ok", _TRIED, happened)
    elif trials.namespace != NOT_MADE:
        yield _refused(patient)
    if trials.unshare and trials.unshare != NOT_MADE and trials.namespace == "":
        yield Finding(
            "user-namespace-unlisted",
            SUBJECT,
            "note",
            "unshare --user --map-root-user true",
            f"{trials.unshare}; the engine's own namespaces work",
            builds="not affected, as only the engine makes namespaces",
        )


def _refused(patient: Patient) -> Finding:
    """The engine could not make one: a setting says why, or its own words have to do."""
    said = patient.trials.namespace
    if patient.kernel.restricted:
        return Finding(
            "apparmor-user-namespaces",
            SUBJECT,
            "broken",
            _TRIED,
            f"{said}; AppArmor lets only listed programs make user namespaces here"
            f" ({kernel.APPARMOR} = 1)",
            _NEITHER,
            _NEITHER,
            (
                _PROFILE.format(name="buildah", path="/usr/bin/buildah"),
                f"sudo sysctl -w {kernel.APPARMOR}=0  # or this, for all programs",
            ),
        )
    mend: tuple[str, ...] = ()
    if patient.surroundings.container:
        mend = (
            "start the outer container with --security-opt seccomp=unconfined, or --privileged",
        )
    return Finding("no-user-namespace", SUBJECT, "broken", _TRIED, said, _NEITHER, _NEITHER, mend)

"""Subordinate ids and the programs that map them."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.facts import ids
from rootbuild.host.finding import Finding, of_problem
from rootbuild.host.patient import Patient

SUBJECT = "ids of containers"
_TRIED = "reading /etc/subuid, /etc/subgid and the rights of newuidmap and newgidmap"
_BUILDS = "files of images cannot belong to anyone but root: no build starts"
_RUNS = "programs in containers cannot run as anyone but root: no container starts"


def check(patient: Patient) -> Iterator[Finding]:
    """Whether an ordinary user may hand out enough ids."""
    if patient.account.root or patient.account.inside:
        who = (
            "root needs no ranges of ids" if patient.account.root else "an engine has given us some"
        )
        yield Finding("subids", SUBJECT, "ok", "asking who we are", who)
        return
    found = ids.problem(patient.ids)
    if found is not None:
        yield of_problem(found, SUBJECT, _TRIED, builds=_BUILDS, runs=_RUNS)
        return
    how = "given by a directory service" if patient.ids.elsewhere else _ranges(patient.ids)
    yield Finding("subids", SUBJECT, "ok", _TRIED, how)


def _ranges(found: ids.Ids) -> str:
    firsts = ", ".join(str(one.first) for one in found.subuids)
    return f"{found.fewest} ids from {firsts} on, newuidmap and newgidmap may map them"

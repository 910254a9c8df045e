"""Facts tell steps apart wherever their definitions do."""

from __future__ import annotations

import itertools

from rootbuild.plan.facts import HIDDEN, facts
from rootbuild.plan.steps import Step
from tests.plan.test_planner import last

LONG = "x" * 300
BODIES = [
    "RUN make",
    "RUN make -j2",
    'RUN ["make"]',
    f"RUN echo {LONG}a",
    f"RUN echo {LONG}b",
    "USER me\nRUN make",
    "WORKDIR /w\nRUN make",
    "ENV V=1\nRUN make",
    "ENV V=2\nRUN make",
    "ENV V=\nRUN make",
    "ENV API_KEY=1\nRUN make",
    "ENV API_KEY=2\nRUN make",
    "ARG W=1\nRUN make",
    "RUN --network=none make",
    "RUN --mount=type=tmpfs,target=/t make",
    "RUN --mount=type=tmpfs,target=/t,size=5m make",
    "RUN --mount=type=secret,id=s,target=/s make",
    "RUN --mount=type=cache,target=/c make",
    "RUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c make",
    "RUN <<EOF\n#!/bin/sh\none\nEOF",
    "RUN <<EOF\n#!/bin/sh\ntwo\nEOF",
    "COPY a /b",
    "COPY a c /b/",
    "COPY a /c",
    "COPY --chown=1 a /b",
    "COPY --chmod=600 a /b",
    "COPY --parents a /b",
    "COPY --exclude=x a /b",
    "COPY --link a /b",
    "COPY <<a /b\none\na",
    "COPY <<a /b\ntwo\na",
    "ADD a /b",
    "WORKDIR /w\nCOPY a /b",
    "WORKDIR /w",
    "WORKDIR /v",
    "USER me\nWORKDIR /w",
]


def step(body: str) -> Step:
    return last(f"FROM x\n{body}\n").steps[-1]


def test_facts_are_equal_just_where_definitions_are() -> None:
    steps = [step(body) for body in BODIES]
    for one, other in itertools.combinations_with_replacement(steps, 2):
        equal = one.definition == other.definition
        assert (facts(one) == facts(other)) == equal, (one.title, other.title)


def test_values_are_short_and_secrets_hidden() -> None:
    found = facts(step(f"ENV DB_PASSWORD=hunter2 NAME={LONG}\nRUN echo {LONG}"))
    assert "hunter2" not in str(found)
    assert found["variable DB_PASSWORD"].startswith(HIDDEN)
    assert all(len(value) < 250 for value in found.values())


def test_a_url_is_told_without_its_credentials() -> None:
    found = facts(step("ADD https://user:hunter2@example.org/file /f"))
    assert "hunter2" not in str(found)
    assert "example.org" in found["sources"]

"""What provenance tells, and what it must not tell."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from rootbuild.attest.invocation import Invocation, Material, Need, Step
from rootbuild.attest.options import ProvenanceOptions
from rootbuild.attest.provenance import provenance

BASE = Material("pkg:docker/alpine@3.17?platform=linux%2Famd64", f"sha256:{'8' * 64}")
INVOCATION = Invocation(
    id="abc",
    path="Dockerfile",
    platform="linux/amd64",
    started="2026-01-31T12:00:00Z",
    finished="2026-01-31T12:00:09Z",
    args={"build-arg:TOKEN": "told", "label:a": "told", "target": "release"},
    secrets=(Need("netrc", optional=True),),
    agents=(Need("default"),),
    locals=("context", "dockerfile"),
    materials=(BASE,),
    dockerfile=b"FROM alpine\nRUN true\n",
    steps=(
        Step("step0", {"Op": {"source": {"identifier": "docker-image://alpine"}}}, (), (1, 1)),
        Step("step1", {"Op": {"exec": {"meta": {"args": ["told"]}}}}, ("step0:0",), (2, 2)),
    ),
    vcs={"revision": "123"},
)


def made(invocation: Invocation = INVOCATION, **options: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", provenance(invocation, ProvenanceOptions(**options)).predicate)


def test_the_least_tells_where_it_comes_from() -> None:
    assert made(builder="https://ci.example.org/1") == {
        "buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/"
            "slsa-definitions.md",
            "externalParameters": {
                "configSource": {"path": "Dockerfile"},
                "request": {
                    "frontend": "dockerfile.v0",
                    "args": {"target": "release"},
                    "locals": [{"name": "context"}, {"name": "dockerfile"}],
                },
            },
            "internalParameters": {"builderPlatform": "linux/amd64"},
            "resolvedDependencies": [{"uri": BASE.uri, "digest": {"sha256": "8" * 64}}],
        },
        "runDetails": {
            "builder": {"id": "https://ci.example.org/1"},
            "metadata": {
                "invocationID": "abc",
                "startedOn": "2026-01-31T12:00:00Z",
                "finishedOn": "2026-01-31T12:00:09Z",
                "buildkit_metadata": {"vcs": {"revision": "123"}},
                "buildkit_hermetic": False,
                "buildkit_completeness": {"request": False, "resolvedDependencies": False},
                "buildkit_reproducible": False,
            },
        },
    }


@pytest.mark.parametrize("version", ["v1", "v0.2"])
def test_the_least_tells_no_values_and_no_steps(version: str) -> None:
    text = json.dumps(made(version=version))
    assert "told" not in text
    assert "netrc" not in text
    assert base64.b64encode(INVOCATION.dockerfile).decode() not in text


def test_the_most_tells_all() -> None:
    whole = made(mode="max")
    definition = whole["buildDefinition"]
    request = definition["externalParameters"]["request"]
    assert request["args"] == INVOCATION.args
    assert request["secrets"] == [{"id": "netrc", "optional": True}]
    assert request["ssh"] == [{"id": "default"}]
    steps = definition["internalParameters"]["buildConfig"]["llbDefinition"]
    assert [(step["id"], step.get("inputs")) for step in steps] == [
        ("step0", None),
        ("step1", ["step0:0"]),
    ]
    metadata = whole["runDetails"]["metadata"]
    source = metadata["buildkit_metadata"]["source"]
    assert base64.b64decode(source["infos"][0]["data"]) == INVOCATION.dockerfile
    assert source["locations"]["step1"]["locations"][0]["ranges"] == [
        {"start": {"line": 2}, "end": {"line": 2}}
    ]
    assert metadata["buildkit_completeness"]["request"] is True


def test_the_older_form() -> None:
    whole = made(mode="max", version="v0.2", reproducible=True)
    assert provenance(INVOCATION, ProvenanceOptions(version="v0.2")).kind.endswith("/v0.2")
    assert whole["buildType"] == "https://mobyproject.org/buildkit@v1"
    assert whole["materials"] == [{"uri": BASE.uri, "digest": {"sha256": "8" * 64}}]
    assert whole["invocation"]["configSource"] == {"entryPoint": "Dockerfile"}
    assert whole["invocation"]["environment"] == {"platform": "linux/amd64"}
    assert len(whole["buildConfig"]["llbDefinition"]) == 2
    assert whole["metadata"]["reproducible"] is True
    assert whole["metadata"]["completeness"]["parameters"] is True


def test_a_context_that_was_fetched_is_named() -> None:
    source = Material("https://example.org/x.git#refs/heads/main", f"sha1:{'4' * 40}")
    fetched = made(replace(INVOCATION, source=source, locals=(), hermetic=True))
    config: Mapping[str, object] = fetched["buildDefinition"]["externalParameters"]["configSource"]
    assert config == {"uri": source.uri, "digest": {"sha1": "4" * 40}, "path": "Dockerfile"}
    metadata = fetched["runDetails"]["metadata"]
    assert metadata["buildkit_completeness"]["resolvedDependencies"] is True
    assert metadata["buildkit_hermetic"] is True

"""SLSA provenance of a build: what went into it, and how it was made.

https://slsa.dev/spec/v1.1/provenance and https://slsa.dev/spec/v0.2/provenance, filled in as
https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md says.
"""

from __future__ import annotations

import base64

from rootbuild.attest.invocation import Invocation, Material, Need
from rootbuild.attest.options import ProvenanceOptions
from rootbuild.attest.statement import Attestation

V1, V02 = "https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"
_BUILD_TYPE_V1 = (
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"
)
_BUILD_TYPE_V02 = "https://mobyproject.org/buildkit@v1"
_FRONTEND = "dockerfile.v0"
_VALUES = ("build-arg:", "label:")

Json = dict[str, object]


def provenance(invocation: Invocation, options: ProvenanceOptions) -> Attestation:
    """The provenance of a build; `min` tells no values that the user gave, and no steps."""
    if options.version == "v0.2":
        return Attestation(V02, _v02(invocation, options), options.file)
    return Attestation(V1, _v1(invocation, options), options.file)


def _v1(invocation: Invocation, options: ProvenanceOptions) -> Json:
    whole = options.mode == "max"
    metadata = {
        "invocationID": invocation.id,
        "startedOn": invocation.started,
        "finishedOn": invocation.finished,
        "buildkit_metadata": _metadata(invocation, whole=whole),
        "buildkit_hermetic": invocation.hermetic,
        "buildkit_completeness": {
            "request": whole,
            "resolvedDependencies": not invocation.locals,
        },
        "buildkit_reproducible": options.reproducible,
    }
    return {
        "buildDefinition": {
            "buildType": _BUILD_TYPE_V1,
            "externalParameters": {
                "configSource": _config_source(invocation, "path"),
                "request": _request(invocation, whole=whole),
            },
            "internalParameters": {
                "builderPlatform": invocation.platform,
                **({"buildConfig": _steps(invocation)} if whole else {}),
            },
            "resolvedDependencies": [_material(one) for one in invocation.materials],
        },
        "runDetails": {"builder": {"id": options.builder}, "metadata": metadata},
    }


def _v02(invocation: Invocation, options: ProvenanceOptions) -> Json:
    whole = options.mode == "max"
    metadata = {
        "buildInvocationID": invocation.id,
        "buildStartedOn": invocation.started,
        "buildFinishedOn": invocation.finished,
        "completeness": {
            "parameters": whole,
            "environment": True,
            "materials": not invocation.locals,
        },
        "reproducible": options.reproducible,
        f"{_BUILD_TYPE_V02}#hermetic": invocation.hermetic,
        f"{_BUILD_TYPE_V02}#metadata": _metadata(invocation, whole=whole),
    }
    return {
        "builder": {"id": options.builder},
        "buildType": _BUILD_TYPE_V02,
        "materials": [_material(one) for one in invocation.materials],
        "invocation": {
            "configSource": _config_source(invocation, "entryPoint"),
            "parameters": _request(invocation, whole=whole),
            "environment": {"platform": invocation.platform},
        },
        **({"buildConfig": _steps(invocation)} if whole else {}),
        "metadata": metadata,
    }


def _config_source(invocation: Invocation, path: str) -> Json:
    source = _material(invocation.source) if invocation.source is not None else {}
    return {**source, path: invocation.path}


def _request(invocation: Invocation, *, whole: bool) -> Json:
    args = {
        name: value
        for name, value in invocation.args.items()
        if whole or not name.startswith(_VALUES)
    }
    needs = {"secrets": invocation.secrets, "ssh": invocation.agents} if whole else {}
    return {
        "frontend": _FRONTEND,
        **({"args": args} if args else {}),
        **{name: [_need(one) for one in found] for name, found in needs.items() if found},
        "locals": [{"name": name} for name in invocation.locals],
    }


def _metadata(invocation: Invocation, *, whole: bool) -> Json:
    vcs: Json = {"vcs": dict(invocation.vcs)} if invocation.vcs else {}
    if not whole:
        return vcs
    located = {step.id: step.lines for step in invocation.steps if step.lines is not None}
    source = {
        "locations": {
            name: {"locations": [{"ranges": [{"start": {"line": first}, "end": {"line": last}}]}]}
            for name, (first, last) in located.items()
        },
        "infos": [
            {
                "filename": invocation.path,
                "language": "Dockerfile",
                "data": base64.b64encode(invocation.dockerfile).decode(),
            }
        ],
    }
    return {**vcs, "source": source}


def _steps(invocation: Invocation) -> Json:
    return {
        "llbDefinition": [
            {
                "id": step.id,
                "op": step.op,
                **({"inputs": list(step.inputs)} if step.inputs else {}),
            }
            for step in invocation.steps
        ]
    }


def _material(material: Material) -> Json:
    algorithm, _, digest = material.digest.partition(":")
    return {"uri": material.uri, "digest": {algorithm: digest}}


def _need(need: Need) -> Json:
    return {"id": need.id, **({"optional": True} if need.optional else {})}

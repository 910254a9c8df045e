"""What surrounds a RUN: --security, --device, and what the command line says for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError
from rootbuild.execution import Limits, Resources, Security, Ulimit
from rootbuild.graph.resolve import resolve
from rootbuild.image.platform import Platform
from rootbuild.plan.devices import DeviceRequest
from rootbuild.plan.plan import plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.plan.steps import RunStep

AMD64 = Platform("linux", "amd64")
PLAIN = PlanOptions()


def planned(line: str, options: PlanOptions = PLAIN) -> RunStep:
    file = parse(f"FROM scratch\n{line}".encode())
    graph = resolve(file, build_args={}, build=AMD64, target_platform=AMD64)
    step = plan_build(graph, {}, options).stages[0].steps[0]
    assert isinstance(step, RunStep)
    return step


def test_security_of_steps() -> None:
    def security(line: str, options: PlanOptions) -> Security:
        return planned(line, options).security

    allowed = PlanOptions(
        allow=frozenset({"security.insecure"}), security=Security(no_new_privileges=True)
    )
    assert security("RUN y", allowed) == Security(no_new_privileges=True)
    assert security("RUN --security=sandbox y", allowed) == Security(no_new_privileges=True)
    assert security("RUN --security=insecure y", allowed) == Security(True, True)
    with pytest.raises(DockerfileError, match=r"^entitlement security\.insecure is not allowed$"):
        planned("RUN --security=insecure y")


def test_the_host_s_name_during_a_step() -> None:
    def named(**args: str) -> RunStep:
        return planned("RUN y", PlanOptions(build_args=args))

    assert named().hostname == "buildkitsandbox"
    assert named(BUILDKIT_SANDBOX_HOSTNAME="").hostname == "buildkitsandbox"
    assert named(BUILDKIT_SANDBOX_HOSTNAME="here").hostname == "here"
    assert named(BUILDKIT_SANDBOX_HOSTNAME="here").env == named().env


def test_what_around_a_step_changes_its_key() -> None:
    step = planned("RUN y")
    plain = step.definition
    changing = [
        replace(step, hostname="other"),
        replace(step, hosts=(("a", "1"),)),
        replace(step, limits=Limits(shm_size=1)),
        replace(step, limits=Limits((Ulimit("core", 0, 0),))),
        replace(step, limits=Limits(resources=Resources(cgroup_parent="/x"))),
        replace(step, security=Security(insecure=True)),
        replace(step, devices=(DeviceRequest("v/c"),)),
        replace(step, devices=(DeviceRequest("v/c", required=True),)),
    ]
    assert len({plain, *(one.definition for one in changing)}) == len(changing) + 1
    keeping = [
        replace(step, limits=Limits(resources=Resources(1, 2, 3, 4, 5, "6", "7"))),
        replace(step, security=Security(no_new_privileges=True, seccomp="unconfined")),
        replace(step, proxies=(("a", "b"),)),
    ]
    assert {one.definition for one in keeping} == {plain}
    there, elsewhere = (replace(step, hosts=(("a", address),)) for address in ("1", "2"))
    assert there.definition == elsewhere.definition


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("vendor1.com/device=foo", DeviceRequest("vendor1.com/device=foo")),
        ("v/c", DeviceRequest("v/c")),
        ("v/c=*,required", DeviceRequest("v/c=*", True)),
        ("name=v/c=a,required=true", DeviceRequest("v/c=a", True)),
        ("required,NAME=v/c=a", DeviceRequest("v/c=a", True)),
        ("v/c=a,required=0", DeviceRequest("v/c=a")),
        ("required", DeviceRequest("", True)),
    ],
)
def test_devices(text: str, request_: DeviceRequest) -> None:
    assert planned(f"RUN --device={text} y").devices == (request_,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v/c=a,name=v/c=b", "device name already set to v/c=a"),
        ("v/c=a,other", "invalid field 'other' must be a key=value pair"),
        ("v/c=a,requird=1", "unexpected key 'requird' in 'requird=1' (did you mean required?)"),
        ("v/c=a,required=maybe", "invalid value for required: maybe"),
        ("'a\"b'", "failed to parse csv devices: "),
    ],
)
def test_devices_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        planned(f"RUN --device={text} y")
    assert str(caught.value).startswith(message)
    assert caught.value.id == "bad-device"

"""Which devices a step gets, and which it may have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rootbuild.build.options import DeviceGrant
from rootbuild.cdi.choose import AUTO_ALLOW, CLASS, choose, edits
from rootbuild.cdi.registry import Registry
from rootbuild.cdi.spec import Edits, Specified
from rootbuild.errors import BuildError
from rootbuild.plan.devices import DeviceRequest


def device(name: str, file: str = "a", **annotations: str) -> Specified:
    keys = {"class_": CLASS, "auto": AUTO_ALLOW}
    kind, _, short = name.partition("=")
    noted = tuple((keys[key], value) for key, value in annotations.items())
    own, common = Edits(env=((short, "1"),)), Edits(env=((f"ALL_{file}", "1"),))
    return Specified(kind, short, noted, own, common, Path(file))


DEVICES = (
    device("v/c=a", class_="big"),
    device("v/c=b", class_="big", auto="true"),
    device("v/c=x"),
    device("v/other=a", "b"),
)
REGISTRY = Registry({one.whole: one for one in DEVICES}, ("a problem",))


def chosen(
    *names: str,
    required: bool = False,
    grants: Sequence[DeviceGrant] = (),
    everything: bool = True,
) -> list[str]:
    requests = [DeviceRequest(name, required) for name in names]
    return [one.whole for one in choose(REGISTRY, requests, grants, everything=everything)]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("v/c", ["v/c=a"]),
        ("v/c=", ["v/c=a"]),
        ("v/c=x", ["v/c=x"]),
        ("v/c=*", ["v/c=a", "v/c=b", "v/c=x"]),
        ("v/c=big", ["v/c=a", "v/c=b"]),
        ("v/c=gone", []),
        ("w/c", []),
    ],
)
def test_names(name: str, found: list[str]) -> None:
    assert chosen(name) == found


def test_each_is_given_once_in_the_order_of_the_requests() -> None:
    assert chosen("v/c=x", "v/c=*", "v/c") == ["v/c=x", "v/c=a", "v/c=b"]


@pytest.mark.parametrize("name", ["", "v", "v/", "/c", "1v/c", "v/c d=a"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(BuildError) as caught:
        chosen(name)
    assert str(caught.value) == f'invalid device "{name}"'


def test_a_required_device_that_is_missing() -> None:
    with pytest.raises(BuildError) as caught:
        chosen("v/c=gone", required=True)
    assert str(caught.value) == 'required device "v/c=gone" is not registered'
    assert caught.value.report.detail == "a problem"


@pytest.mark.parametrize(
    ("names", "grants"),
    [
        (["v/c=b"], []),
        (["v/c=a"], [DeviceGrant("v/c=a")]),
        (["v/c=*"], [DeviceGrant("v/c=*")]),
        (["v/c=big"], [DeviceGrant("v/c=a")]),
        (["v/c"], [DeviceGrant("v/c")]),
        (["mine"], [DeviceGrant("v/c=x", "mine")]),
        (["v/c=gone"], []),
    ],
)
def test_allowed(names: list[str], grants: list[DeviceGrant]) -> None:
    found = chosen(*names, grants=grants, everything=False)
    assert found == (["v/c=x"] if names == ["mine"] else chosen(*names))


@pytest.mark.parametrize(
    ("names", "grants", "message"),
    [
        (["v/c=a"], [], "device v/c=a is requested by the build but not allowed"),
        (
            ["v/c=*", "v/c"],
            [],
            "devices v/c=a, v/c=x are requested by the build but not allowed",
        ),
        (
            ["v/c=a", "v/other"],
            [DeviceGrant("v/c=a")],
            "device v/other=a is requested by the build but not allowed",
        ),
        (
            ["v/c=x"],
            [DeviceGrant("v/c=x", "mine")],
            "device v/c=x is requested by the build but not allowed",
        ),
    ],
)
def test_not_allowed(names: list[str], grants: list[DeviceGrant], message: str) -> None:
    with pytest.raises(BuildError) as caught:
        chosen(*names, grants=grants, everything=False)
    assert str(caught.value) == message
    assert caught.value.id == "not-allowed"


def test_what_all_of_a_file_share_is_edited_once() -> None:
    total = edits([DEVICES[0], DEVICES[1], DEVICES[3]])
    assert [name for name, _ in total.env] == ["ALL_a", "a", "b", "ALL_b", "a"]

"""One CDI specification as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.cdi.spec import Edits, SpecError, read_spec
from rootbuild.execution import Bind, Device, Hook

SOURCE = Path("/etc/cdi/x.json")
WHOLE = {
    "cdiVersion": "0.6.0",
    "kind": "vendor1.com/device",
    "annotations": {"a": "1", "b": "1"},
    "containerEdits": {"env": ["ALL=1"]},
    "devices": [
        {
            "name": "foo",
            "annotations": {"b": "2"},
            "containerEdits": {
                "env": ["A=b=c", "EMPTY="],
                "deviceNodes": [
                    {"path": "/dev/one"},
                    {"path": "/dev/two", "hostPath": "/dev/real", "permissions": "rw"},
                ],
                "mounts": [
                    {"hostPath": "/h", "containerPath": "/c", "options": ["ro", "bind"]},
                    {"hostPath": "/h", "containerPath": "/w", "type": "bind"},
                ],
                "hooks": [
                    {
                        "hookName": "createContainer",
                        "path": "/bin/hook",
                        "args": ["hook", "x"],
                        "env": ["H=1"],
                        "timeout": 3,
                    }
                ],
                "additionalGids": [44],
                "intelRdt": {"closID": "x"},
            },
        },
        {"name": "0"},
    ],
}


def test_everything_in_it() -> None:
    foo, plain = read_spec(WHOLE, SOURCE)
    assert foo.whole == "vendor1.com/device=foo"
    assert dict(foo.annotations) == {"a": "1", "b": "2"}
    assert foo.common == plain.common == Edits(env=(("ALL", "1"),))
    assert foo.edits == Edits(
        env=(("A", "b=c"), ("EMPTY", "")),
        devices=(
            Device(Path("/dev/one"), "/dev/one"),
            Device(Path("/dev/real"), "/dev/two", "rw"),
        ),
        mounts=(Bind(Path("/h"), "/c"), Bind(Path("/h"), "/w", read_only=False)),
        hooks=(Hook("createContainer", "/bin/hook", ("hook", "x"), ("H=1",), 3),),
        groups=(44,),
        unknown=("intelRdt",),
    )
    assert (plain.whole, plain.edits) == ("vendor1.com/device=0", Edits())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "vendor"}, "kind 'vendor' is not vendor/class"),
        ({"kind": "vendor/a b"}, "is not vendor/class"),
        ({"kind": 3}, "kind is no string"),
        ({"cdiVersion": ""}, "there is no cdiVersion"),
        ({"devices": []}, "there are no devices"),
        ({"devices": {}}, "there are no devices"),
        ({"devices": "x"}, "devices is no list"),
        ({"devices": ["x"]}, "an entry of devices is no object"),
        ({"devices": [{"name": "a=b"}]}, "'a=b' is no name"),
        ({"containerEdits": []}, None),
        ({"containerEdits": "x"}, "containerEdits is no object"),
        ({"containerEdits": {"env": ["A"]}}, "is not NAME=VALUE"),
        ({"containerEdits": {"env": [1]}}, "env is no list of strings"),
        ({"containerEdits": {"deviceNodes": [{"path": "dev/x"}]}}, "is no absolute path"),
        ({"containerEdits": {"deviceNodes": [{"path": "/d", "permissions": "x"}]}}, "not of rwm"),
        ({"containerEdits": {"mounts": [{"hostPath": "/h"}]}}, "containerPath '' is no absolute"),
        (
            {"containerEdits": {"mounts": [{"hostPath": "/", "type": "overlay"}]}},
            "a mount of type 'overlay' is not known",
        ),
        ({"containerEdits": {"hooks": [{"hookName": "x"}]}}, "a hook named 'x' is not known"),
        ({"containerEdits": {"additionalGids": [-1]}}, "additionalGids is no list of ids"),
        ({"annotations": ["x"]}, "annotations is no object"),
    ],
)
def test_what_is_wrong_with_one(change: dict[str, object], problem: str | None) -> None:
    data = {**WHOLE, **change}
    if problem is None:
        assert read_spec(data, SOURCE)
        return
    with pytest.raises(SpecError) as caught:
        read_spec(data, SOURCE)
    assert problem in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_none_at_all(data: object) -> None:
    with pytest.raises(SpecError, match="the specification is no object"):
        read_spec(data, SOURCE)

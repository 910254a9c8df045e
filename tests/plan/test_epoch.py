from __future__ import annotations

import pytest

from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError, UnsupportedError
from rootbuild.graph.resolve import resolve
from rootbuild.image.platform import Platform
from rootbuild.plan.epoch import source_date_epoch

AMD64 = Platform("linux", "amd64")


def epoch(text: str = "FROM a", **args: str) -> int | None:
    graph = resolve(parse(text.encode()), build_args=args, build=AMD64, target_platform=AMD64)
    return source_date_epoch(graph, args)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("1700000000", 1_700_000_000),
        ("+5", 5),
        ("-5", -5),
        ("253402300799", 253402300799),
        ("", None),
    ],
)
def test_seconds(value: str, seconds: int | None) -> None:
    assert epoch(SOURCE_DATE_EPOCH=value) == seconds


def test_a_global_arg_is_one() -> None:
    text = "ARG day=86400\nARG SOURCE_DATE_EPOCH=$day\nFROM a"
    assert epoch(text) == 86400
    assert epoch(text, SOURCE_DATE_EPOCH="7") == 7
    assert epoch(text, SOURCE_DATE_EPOCH="") is None
    assert epoch("ARG SOURCE_DATE_EPOCH\nFROM a") is None
    assert epoch("FROM a\nARG SOURCE_DATE_EPOCH=5") is None


@pytest.mark.parametrize("value", ["yesterday", "1.5", "1_000", " 1", "1\n", "0x1", "9" * 13])
def test_no_seconds(value: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        epoch(SOURCE_DATE_EPOCH=value)
    assert str(caught.value) == f"invalid SOURCE_DATE_EPOCH: {value}"
    assert caught.value.id == "bad-epoch"


@pytest.mark.parametrize(("value", "what"), [("context", "context"), ("Src", "stage Src")])
def test_dates_of_something_are_refused_by_name(value: str, what: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        epoch("FROM scratch AS src\nADD https://x/y /\nFROM a", SOURCE_DATE_EPOCH=value)
    assert str(caught.value) == (
        f"SOURCE_DATE_EPOCH={value}, the date of the {what}, is not supported yet"
    )

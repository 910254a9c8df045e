"""Requests for GPUs, as names of CDI devices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rootbuild.cli.run_devices import gpu_words
from rootbuild.errors import RuntimeRefusedError, UsageError

ALL = "--device=nvidia.com/gpu="


def specified(folder: Path, *names: str) -> list[Path]:
    devices = [{"name": name, "containerEdits": {"env": ["GPU=1"]}} for name in names]
    content = {"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": devices}
    (folder / "nvidia.json").write_text(json.dumps(content))
    return [folder]


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ("all", ["all"]),
        ("-1", ["all"]),
        ("count=all", ["all"]),
        ("2", ["0", "1"]),
        ("device=1", ["1"]),
        ('"device=0,1"', ["0", "1"]),
        ("all,capabilities=utility", ["all"]),
        ("capabilities=gpu", ["0"]),
    ],
)
def test_requests(request_: str, names: list[str], tmp_path: Path) -> None:
    places = specified(tmp_path, "0", "1", "all")
    assert gpu_words(request_, places) == tuple(f"{ALL}{name}" for name in names)


def test_no_such_gpu(tmp_path: Path) -> None:
    for places in ([], specified(tmp_path, "0")):
        with pytest.raises(RuntimeRefusedError, match="could not select device driver") as caught:
            gpu_words("all", places)
        assert caught.value.id == "no-such-device"
        assert "--device nvidia.com/gpu=all" in caught.value.report.hint


def test_the_engine_decides_about_what_we_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "nvidia.json").write_text("{")
    assert gpu_words("all", [tmp_path]) == (f"{ALL}all",)


@pytest.mark.parametrize("request_", ["some", "all,2", "x=y", '2,"device=0"'])
def test_wrong_ones(request_: str) -> None:
    with pytest.raises(UsageError, match="--gpus"):
        gpu_words(request_)

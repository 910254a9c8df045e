"""Mounts of our own, filters and removals, as far as they need no privileges."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.errors import Interrupted
from rootbuild_oci import filters, folder, overlay
from rootbuild_oci.removals import Removals

RULES = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}
FILTER = bytes(range(64))


def test_options() -> None:
    assert overlay.options((7, 8), 9, 10, rootless=True) == (
        "lowerdir=/proc/self/fd/7:/proc/self/fd/8,"
        "upperdir=/proc/self/fd/9,workdir=/proc/self/fd/10,index=off,userxattr"
    )
    assert "userxattr" not in overlay.options((7,), 8, 9, rootless=False)


def test_all_layers_fit_into_a_page() -> None:
    lowers = range(1000, 1000 + overlay.MOST_LAYERS)
    assert len(overlay.options(tuple(lowers), 9998, 9999, rootless=True) + ",volatile") < 4096


def test_a_config_for_other_layers() -> None:
    config = {"config": {"Env": ["A=1"], "OnBuild": ["RUN x"]}, "history": [{}], "os": "linux"}
    made = json.loads(folder.plain(json.dumps(config).encode(), ["sha256:1"]))
    assert made["config"] == {"Env": ["A=1"], "OnBuild": []}
    assert (made["history"], made["rootfs"]["diff_ids"]) == ([], ["sha256:1"])


def test_the_size_of_a_new_layer_is_told() -> None:
    config = folder.plain(folder.bare("amd64"), ["sha256:1", "sha256:2"])
    layers = json.loads(folder.manifest(config, {"sha256:2": 5}))["layers"]
    assert [(layer["digest"], layer["size"]) for layer in layers] == [
        ("sha256:1", 0),
        ("sha256:2", 5),
    ]


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "bundle").mkdir()
    write(tmp_path / "bundle", RULES)
    return tmp_path / "bundle"


def write(bundle: Path, rules: object) -> None:
    (bundle / "config.json").write_text(json.dumps({"linux": {"seccomp": rules}}))


def annotations(bundle: Path) -> dict[str, str]:
    content = json.loads((bundle / "config.json").read_text())
    assert content["linux"]["seccomp"], "the rules stay"
    found: dict[str, str] = content.get("annotations", {})
    return found


class TestFilters:
    def made(self, bundle: Path, data: bytes = FILTER) -> Path:
        state = bundle / "state"
        state.mkdir(exist_ok=True)
        (state / filters.MADE).write_bytes(data)
        return state

    def test_kept_and_used(self, bundle: Path) -> None:
        filters.apply("crun", bundle)
        assert annotations(bundle) == {}
        filters.keep("crun", bundle, self.made(bundle))
        filters.apply("crun", bundle)
        assert base64.b64decode(annotations(bundle)[filters.ANNOTATION]) == FILTER

    def test_only_for_the_same_rules(self, bundle: Path) -> None:
        filters.keep("crun", bundle, self.made(bundle))
        write(bundle, {**RULES, "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]})
        filters.apply("crun", bundle)
        assert annotations(bundle) == {}

    def test_only_for_the_same_program_and_kernel(
        self, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        filters.keep("crun", bundle, self.made(bundle))
        (tmp_path / "crun").touch()
        monkeypatch.setattr(process, "find", lambda name: str(tmp_path / name))
        filters.apply("crun", bundle)
        assert annotations(bundle) == {}

    def test_only_for_the_runtime_that_takes_it(self, bundle: Path) -> None:
        filters.keep("crun", bundle, self.made(bundle))
        filters.apply("runc", bundle)
        assert annotations(bundle) == {}

    @pytest.mark.parametrize("data", [b"", b"1234567"])
    def test_what_is_no_filter_is_not_kept(self, bundle: Path, data: bytes) -> None:
        filters.keep("crun", bundle, self.made(bundle, data))
        filters.apply("crun", bundle)
        assert annotations(bundle) == {}

    def test_a_runtime_that_leaves_none(self, bundle: Path) -> None:
        filters.keep("crun", bundle, bundle / "nothing")
        filters.keep("runc", bundle, self.made(bundle))
        filters.apply("crun", bundle)
        assert annotations(bundle) == {}


class TestRemovals:
    def folders(self, tmp_path: Path) -> tuple[Path, Path]:
        for name in ("small", "large"):
            (tmp_path / name / "inner").mkdir(parents=True)
        return tmp_path / "small", tmp_path / "large"

    def test_all_are_gone_with_the_session(self, tmp_path: Path) -> None:
        small, large = self.folders(tmp_path)
        removals = Removals()
        with removals.session():
            removals.add(small, large=False)
            removals.add(large, large=True)
            assert small.exists()
        assert not small.exists()
        assert not large.exists()

    def test_at_once_without_a_session(self, tmp_path: Path) -> None:
        small, large = self.folders(tmp_path)
        Removals().add(small, large, large=True)
        assert not small.exists()
        assert not large.exists()

    def test_who_interrupts_one_is_heard_when_all_is_gone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody would look for them later: the build's notes go with the build."""
        small, large = self.folders(tmp_path)
        removals, call, calls = Removals(), process.call, []

        def interrupted(command: Sequence[str], *, check: bool) -> process.Finished:
            calls.append(command)
            if len(calls) == 1:
                raise Interrupted("canceled", exit_code=130)
            return call(command, check=check)

        def session() -> None:
            with removals.session():
                removals.add(small, large, large=False)
                monkeypatch.setattr(process, "call", interrupted)

        with pytest.raises(Interrupted):
            session()
        assert not small.exists()
        assert not large.exists()

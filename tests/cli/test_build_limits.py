"""`--ulimit`, `--shm-size`, `--security-opt` and the limits of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.cli.build_limits import read_limits, read_security, read_ulimit
from rootbuild.cli.build_options import build_options
from rootbuild.cli.parse import Parsed, parse
from rootbuild.cli.tables.build import BUILD
from rootbuild.errors import RootbuildError, UnsupportedError, UsageError
from rootbuild.execution import Limits, Resources, Security, Ulimit


def given(*words: str) -> Parsed:
    return parse(BUILD, [*words, "."])


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("nofile=1024", Ulimit("nofile", 1024, 1024)),
        ("nofile=1024:2048", Ulimit("nofile", 1024, 2048)),
        ("core=-1", Ulimit("core", -1, -1)),
        ("core=0:-1", Ulimit("core", 0, -1)),
    ],
)
def test_ulimits(text: str, limit: Ulimit) -> None:
    assert read_ulimit(text) == limit


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nofile", "invalid ulimit argument: nofile"),
        ("files=1", "invalid ulimit type: files"),
        ("nofile=1:2:3", "too many limit value arguments - 1:2:3, can only have up to two"),
        ("nofile=x", "invalid literal"),
        ("nofile=", "invalid literal"),
        ("nofile=-2", "a limit is a number, or -1 for none"),
        ("nofile=3:2", "ulimit soft limit must be less than or equal to hard limit: 3 > 2"),
        ("nofile=-1:2", "ulimit soft limit must be less than or equal to hard limit: -1 > 2"),
    ],
)
def test_bad_ulimits(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_ulimit(text)
    assert problem in str(caught.value)


def test_all_limits() -> None:
    parsed = given(
        *("--ulimit", "nofile=1", "--ulimit", "core=0", "--ulimit", "nofile=2", "--shm-size", "1g"),
        *("-m", "64m", "--memory-swap", "-1", "-c", "512", "--cpu-period", "50000"),
        *("--cpu-quota", "25000", "--cpuset-cpus", "0-1", "--cpuset-mems", "0"),
        *("--cgroup-parent", "/mine"),
    )
    expected = Limits(
        (Ulimit("nofile", 2, 2), Ulimit("core", 0, 0)),
        1 << 30,
        Resources(64 << 20, -1, 512, 50000, 25000, "0-1", "0", "/mine"),
    )
    assert read_limits(parsed) == expected
    assert build_options(parsed).limits == expected
    assert read_limits(given()) == Limits()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--shm-size", "x"], "for \"--shm-size\" flag: invalid size: 'x'"),
        (["-m", "1x"], "for \"--memory\" flag: invalid size: '1x'"),
        (["--memory-swap", "1g"], "You should always set the Memory limit when using Memoryswap"),
        (["-m", "2g", "--memory-swap", "1g"], "Minimum memoryswap limit should be larger than"),
        (["--cpu-period", "999"], "CPU cfs period can not be less than 1ms (i.e. 1000)"),
        (["--cpu-period", "1000001"], "or larger than 1s (i.e. 1000000)"),
        (["--cpu-quota", "999"], "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
    ],
)
def test_bad_limits(words: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_limits(given(*words))
    assert problem in str(caught.value)


def test_security(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.json").write_text("{}")

    def security(*texts: str) -> Security:
        return read_security(given(*(f"--security-opt={text}" for text in texts)))

    assert security() == Security()
    assert security("no-new-privileges") == Security(no_new_privileges=True)
    assert security("no-new-privileges:true") == Security(no_new_privileges=True)
    assert security("no-new-privileges=false") == Security()
    assert security("seccomp=unconfined", "label=disable") == Security(seccomp="unconfined")
    assert security("seccomp=rules.json") == Security(seccomp=f"{tmp_path}/rules.json")


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        ("seccomp=gone", UsageError, "opening seccomp profile (gone) failed"),
        ("seccomp", UnsupportedError, "--security-opt seccomp is not supported"),
        ("apparmor=mine", UnsupportedError, "--security-opt apparmor=mine is not supported"),
        ("label=type:x", UnsupportedError, "--security-opt label=type:x is not supported"),
    ],
)
def test_bad_security(text: str, kind: type[RootbuildError], problem: str) -> None:
    with pytest.raises(kind) as caught:
        read_security(given("--security-opt", text))
    assert problem in str(caught.value)


def test_hosts() -> None:
    parsed = given("--add-host", "a:host-gateway", "--add-host", "b=192.0.2.1")
    assert build_options(parsed).hosts == (("a", "host-gateway"), ("b", "192.0.2.1"))

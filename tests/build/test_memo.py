"""The short way: when it is taken, and everything that must keep it from being taken.

That it comes to what the long way comes to is asserted by every recorded build (`Site.start`).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest

from rootbuild.attest.options import ProvenanceOptions, Wanted
from rootbuild.backend import Backend
from rootbuild.build.build import Folders, start_build
from rootbuild.build.contexts import Contexts
from rootbuild.build.memo import memo as memos
from rootbuild.build.memo.memo import Answer, Base, Memo, Taken, code_identity, load_memo
from rootbuild.build.memo.recall import recall
from rootbuild.build.memo.remember import can_be_listed
from rootbuild.build.options import Agent, BuildOptions, Debugging, DeviceGrant, Secret
from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import open_cache
from rootbuild.context.named import read_contexts
from rootbuild.context.origin import Stdin
from rootbuild.errors import ContextError, EngineError, RootbuildError
from rootbuild.execution import Limits, Security
from rootbuild.files import digest
from rootbuild.graph.stages import ImageBase
from rootbuild.image.platform import build_platform
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, Reading
from rootbuild.progress.quiet import QuietReporter
from rootbuild.progress.reporter import Reporter
from tests.build.recorded import BASE, MINE, Listener, Machine, Site
from tests.files.archives import member, packed
from tests.webserver import web

NAME = "docker.io/library/x:latest"
TEXT = f"""\
FROM base AS one
ARG WORD=word
COPY {MINE} folder /folder
RUN write a $WORD
FROM base
COPY --from=one /a /a
copy {MINE} --exclude=*.log file *.txt /
CMD x
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    made = Site(tmp_path / "site", machine)
    (made.context / "folder").mkdir()
    for name in ("folder/one", "folder/two", "file", "a.txt", "b.log"):
        made.write(name, name)
    made.write(".dockerignore", "*.log\n")
    return made


def test_the_first_build_is_remembered_already(site: Site) -> None:
    image = site.build(TEXT, tags=("x",))
    assert site.recalled is None
    assert site.start(inside=False, tags=("x",)) == site.recalled == image


def test_a_build_that_had_nothing_to_do_is_remembered(site: Site) -> None:
    image = site.build(TEXT)
    _forget(site)
    assert site.start(inside=False) == image
    assert site.recalled is None
    assert site.start(inside=False) == site.recalled == image


def test_names_and_the_file_for_the_id_may_differ(site: Site, tmp_path: Path) -> None:
    image = site.build(TEXT, tags=("x",))
    assert site.build(tags=("x", "y", "docker.io/library/y:latest")) == site.recalled == image
    assert site.tagged() == ["docker.io/library/y:latest"]
    file = tmp_path / "iid"
    options = BuildOptions(site.context, tags=("z",), iidfile=file)
    assert _recall(site, options) == image
    assert file.read_text() == f"sha256:{image}"
    assert site.id_of("docker.io/library/z:latest") == image


def test_how_many_steps_run_at_a_time_does_not_count(site: Site) -> None:
    image = site.build(TEXT, jobs=1)
    assert site.build(jobs=2) == site.recalled == image


def test_a_shell_for_failures_does_not_count(site: Site) -> None:
    image = site.build(TEXT)
    assert site.build(debugging=Debugging(on_error=True)) == site.recalled == image


def test_builds_that_stop_are_not_recalled(site: Site) -> None:
    site.build(TEXT)
    site.build(debugging=Debugging(lines=(2,)))
    assert site.recalled is None


def test_what_cannot_be_delivered_is_said(site: Site) -> None:
    site.build(TEXT)
    error = EngineError("no", command="tag", output="")
    site.backend.fail_on("tag", error)
    site.backend.calls.clear()
    with pytest.raises(EngineError):
        _recall(site, BuildOptions(site.context, tags=("x",)))


def test_scratch_images_without_context(site: Site) -> None:
    image = site.build('FROM scratch\nCMD ["x"]\n')
    assert site.start(inside=False) == site.recalled == image


def test_after_a_pull(site: Site) -> None:
    """The images are shown in the order of the stages, whichever of them had to be pulled."""
    config = site.backend.config(str(site.id_of(BASE)))
    site.backend.remote["docker.io/library/other:latest"] = config.replace(b"{", b'{"author": "x",')
    image = site.build("FROM other AS a\nFROM base\nCOPY --from=a /none* /\n")
    assert site.backend.verbs()[:2] == ["session", "pull"]
    assert site.build() == site.recalled == image


def test_warnings_are_told_again(site: Site) -> None:
    site.build(TEXT)
    listener = Listener()
    assert _recall(site, BuildOptions(site.context), cast(Reporter, listener))
    rules = [str(call[1]).split(":")[0] for call in listener.told if call[0] == "warn"]
    assert rules == ["ConsistentInstructionCasing", "JSONArgsRecommended"]


def _edit(site: Site) -> None:
    site.write("folder/one", "folder/1st")


def _same_size(site: Site) -> None:
    """The clock goes back: the file looks as old as it was, and is as large."""
    before = (site.context / "folder/one").stat()
    site.write("folder/one", "folder/ONE")
    os.utime(site.context / "folder/one", ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(site: Site) -> None:
    before = (site.context / "file").stat()
    other = site.write("other", "FILE")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(site.context / "file")


def _other_name(site: Site) -> None:
    (site.context / "a.txt").rename(site.context / "c.txt")


def _link(site: Site) -> None:
    (site.context / "folder/two").unlink()
    (site.context / "folder/two").symlink_to("one")


def _other_base(site: Site) -> None:
    site.backend.add_image(BASE, {"config": {"Env": ["A=1"]}}, {"/etc/base": b"other"})


def _base_of_another_name(site: Site) -> None:
    """`base` is found as Docker Hub's before any other that is called so."""
    del site.backend._names[BASE]
    site.backend.add_image("localhost/base:latest", {}, {"/etc/base": b"base"})


def _remove_image(site: Site) -> None:
    del site.backend._names[NAME]
    site.backend.remove([image.id for image in site.backend.images()])


def _build_again(site: Site) -> None:
    """The step that makes a stamp comes out differently, so there is a new image."""
    site.build(no_cache=True, tags=("x",))


CHANGES: tuple[Callable[[Site], object], ...] = (
    lambda site: site.write("Dockerfile", TEXT + "LABEL a=b\n"),
    lambda site: site.write("Dockerfile", TEXT.replace("/folder\n", "/Folder\n")),
    lambda site: site.write(".dockerignore", "*.log\nfolder/two\n"),
    lambda site: site.write(".dockerignore", ""),
    lambda site: (site.context / ".dockerignore").unlink(),
    lambda site: site.write("Dockerfile.dockerignore", "folder/two"),
    _edit,
    _same_size,
    _replace,
    _other_name,
    _link,
    lambda site: (site.context / "folder/one").chmod(0o600),
    lambda site: site.write("folder/three", ""),
    lambda site: site.write("c.txt", ""),
    lambda site: (site.context / "folder/two").unlink(),
    lambda site: os.mkfifo(site.context / "folder/pipe"),
    _other_base,
    _base_of_another_name,
    _remove_image,
    _build_again,
)


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_after_a_change_it_is_not_taken(site: Site, change: Callable[[Site], object]) -> None:
    text = TEXT.replace("RUN", "RUN stamp s; write d 1\nRUN")
    site.build(text, tags=("x",))
    site.build(tags=("x",))
    assert site.recalled is not None
    change(site)
    site.build(tags=("x",))
    assert site.recalled is None
    site.build(tags=("x",))
    assert site.recalled is not None


OPTIONS: tuple[dict[str, Any], ...] = (
    {"build_args": {"WORD": "other"}},
    {"build_args": {"http_proxy": "x"}},
    {"labels": (("a", "b"),)},
    {"target": "one"},
    {"platforms": (build_platform(),)},
    {"attest": Wanted(ProvenanceOptions())},
    {"layers": "all"},
    {"network": "none"},
    {"hosts": (("a", "10.0.0.1"),)},
    {"pull": "never"},
    {"allow": frozenset({"network.host"})},
    {"secrets": (Secret("a", env="A"),)},
    {"agents": (Agent("default", Path("/run/agent")),)},
    {"dockerfile": "-", "stdin": TEXT.encode() + b"USER 1\n"},
    {"devices": (DeviceGrant("vendor.com/class=a"),)},
    {"limits": Limits(shm_size=1 << 20)},
    {"security": Security(no_new_privileges=True)},
    {"explain": True},
)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
def test_each_option_counts(site: Site, options: dict[str, Any]) -> None:
    site.build(TEXT)
    site.start(inside=True, **options)
    assert site.recalled is None
    site.start(inside=True, **options)
    assert site.recalled is not None


def test_all_options_were_tried() -> None:
    """A new option is part of the key by itself. Is what it leads to read checked as well?"""
    tried = {name for options in OPTIONS for name in options}
    apart = {
        "context",
        "tags",
        "iidfile",
        "jobs",
        "no_cache",
        "no_cache_stages",
        "contexts",
        "wanted",
        "cache_from",
        "cache_to",
        "debugging",
    }
    assert set(BuildOptions.__dataclass_fields__) == tried - {"stdin"} | apart


def test_the_order_of_a_set_does_not_count(site: Site) -> None:
    names = [f"n{number}" for number in range(20)]
    options = replace(BuildOptions(site.context), allow=frozenset(names))
    other = replace(options, allow=frozenset(reversed(names)))
    assert memos.memo_key(options, site.backend) == memos.memo_key(other, site.backend)


@pytest.mark.parametrize(
    "options", [{"no_cache": True}, {"pull": "always"}, {"no_cache_stages": ("one",)}]
)
def test_what_is_asked_to_be_looked_up_anew_is(site: Site, options: dict[str, object]) -> None:
    site.backend.remote[BASE] = site.backend.config(str(site.id_of(BASE)))
    for _ in range(2):
        site.build(TEXT, **options)
        assert site.recalled is None


def test_another_folder_has_a_memo_of_its_own(site: Site, tmp_path: Path) -> None:
    site.build(TEXT)
    other = tmp_path / "other"
    other.mkdir()
    (other / "Dockerfile").write_text(TEXT)
    assert _recall(site, BuildOptions(other)) is None
    assert _recall(site, BuildOptions(site.context)) is not None


@pytest.mark.parametrize(
    "options",
    [
        {"tags": ("BAD",)},
        {"dockerfile": "missing"},
        {"context": Path("/nonexistent")},
        {"context": Path("/etc/passwd")},
    ],
)
def test_mistakes_are_left_to_the_long_way(site: Site, options: dict[str, object]) -> None:
    site.build(TEXT)
    chosen = replace(BuildOptions(site.context), **options)  # type: ignore[arg-type]
    assert _recall(site, chosen) is None
    with pytest.raises(RootbuildError):
        _long(site, chosen)


def test_a_missing_file_is_left_to_the_long_way(site: Site) -> None:
    site.build(TEXT)
    (site.context / "file").unlink()
    assert _recall(site, BuildOptions(site.context)) is None
    with pytest.raises(RootbuildError):
        site.start(inside=True)


def test_a_deleted_index_costs_time_only(site: Site) -> None:
    site.build(TEXT)
    (site.root / "cache" / "cache.db").unlink()
    site.build()
    assert site.recalled is None
    assert site.scripts()
    site.build()
    assert site.recalled is not None


def test_no_file_is_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose digest is not known, as it had just been changed, ends the matter at once."""
    site.build(TEXT)
    monkeypatch.setattr(digest, "_digest", None)
    assert _recall(site, BuildOptions(site.context)) is not None
    site.write("folder/one", "folder/ONE")
    assert _recall(site, BuildOptions(site.context)) is None


def test_a_file_that_was_just_changed_is_looked_at_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "RACY_NS", 1 << 62)
    for _ in range(3):
        site.build(TEXT)
        assert site.recalled is None


def test_what_changes_meanwhile_is_not_remembered(site: Site) -> None:
    """The ignore file that was read, and the one that is there in the end, are not the same."""
    program = site.backend.program

    def slow(*arguments: object) -> int:
        site.write(".dockerignore", "folder/two\n")
        return program(*arguments)  # type: ignore[arg-type]

    site.backend.program = slow
    site.build(TEXT)
    site.backend.program = program
    site.build()
    assert site.recalled is None


def test_other_code_has_other_memos(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.build(TEXT)
    monkeypatch.setattr(memos, "code_identity", lambda _: "other")
    site.build()
    assert site.recalled is None


def test_code_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    file = tmp_path / "sub" / "module.py"
    file.write_text("a = 1\n")
    first = code_identity(tmp_path)
    (tmp_path / "sub" / "__pycache__").mkdir()
    (tmp_path / "sub" / "__pycache__" / "module.pyc").write_text("")
    assert code_identity(tmp_path) == first
    file.write_text("a = 22\n")
    assert code_identity(tmp_path) != first
    with pytest.raises(OSError, match="such file"):
        code_identity(tmp_path / "package.zip" / "rootbuild")


def test_a_new_kind_of_source_is_not_remembered(site: Site) -> None:
    """What a memo does not know how to check keeps it from being written."""
    plans = []
    original = Plan.stage
    site.build(TEXT)

    class Elsewhere(ImageBase):
        pass

    def keep(plan: Plan, index: int) -> object:
        plans.append(plan)
        return original(plan, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plan, "stage", keep)
        site.build()
    plan = plans[-1]
    assert can_be_listed(plan)
    last = plan.stages[-1]
    first = last.steps[0]
    assert isinstance(first, CopyStep)
    step = replace(first, source=Elsewhere("x"))
    assert [type(reading) for reading in step.readings] == [Reading]
    assert not can_be_listed(replace(plan, stages=(replace(last, steps=(step,)),)))
    assert not can_be_listed(replace(plan, stages=(replace(last, base=Elsewhere("x")),)))

    class OtherStep(CopyStep):
        pass

    other = OtherStep(**{field.name: getattr(first, field.name) for field in fields(first)})
    assert not can_be_listed(replace(plan, stages=(replace(last, steps=(other,)),)))


def test_what_is_fetched_or_has_a_name_is_not_remembered(site: Site) -> None:
    data = packed([member("Dockerfile", b"FROM base\nCMD x\n", mode=0o644)])
    given = read_contexts([f"base={site.context}", "scratch=."])
    for options in (
        {"context": Stdin(), "stdin": data},
        {"contexts": given, "text": "FROM scratch\nCMD x\n"},
    ):
        for _ in range(2):
            site.build(**options)  # type: ignore[arg-type]
            assert site.recalled is None


def test_a_remote_file_is_not_remembered(site: Site) -> None:
    """Who serves it is asked each time."""
    with web() as server:
        url = server.put("/f", b"1")
        first = site.build(f"FROM base\nADD {MINE} {url} /f\n")
        assert site.build() == first
        assert site.recalled is None
        server.put("/f", b"2")
        assert site.build() != first


def test_the_dockerfile_of_standard_input_counts(site: Site) -> None:
    """It is read once, though both ways want it."""
    first = site.build(dockerfile="-", stdin=TEXT.encode())
    assert site.build(dockerfile="-", stdin=TEXT.encode()) == site.recalled == first
    other = site.build(dockerfile="-", stdin=TEXT.encode() + b"LABEL a=b\n")
    assert site.recalled is None
    assert other != first


def test_a_dockerfile_that_is_too_large_is_refused_by_the_long_way_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the short way left of standard input is no Dockerfile."""
    monkeypatch.setattr("rootbuild.build.contexts.DOCKERFILE_LIMIT", 20)
    options = BuildOptions(site.context, dockerfile="-")
    folders = Folders(site.root / "cache", site.root / "state")
    stdin = b"# " + b"x" * 30 + b"\nFROM scratch\n"
    with _contexts(site, options, QuietReporter(), stdin) as contexts:
        assert recall(options, cast(Backend, site.backend), folders.cache, contexts) is None
        with pytest.raises(ContextError, match="larger"):
            start_build(options, site.backend, folders, contexts, inside=True)


def test_devices_are_looked_up_each_time(site: Site) -> None:
    """What a device is, and whether a step may have it, is said by files that memos do not list."""
    site.build("FROM base\nRUN --device=vendor.com/class=a,required=false write a b\n")
    site.build()
    assert site.recalled is None


def test_what_a_base_triggers_is_recalled(site: Site) -> None:
    site.write("file", "1")
    add = site.backend.add_image
    add("docker.io/library/t:latest", {"config": {"OnBuild": [f"COPY {MINE} file /f"]}}, {})
    image = site.build("FROM t\nCMD x\n")
    assert site.build() == site.recalled == image
    add("docker.io/library/t:latest", {"config": {"OnBuild": [f"COPY {MINE} file /g"]}}, {})
    assert site.build() != image
    assert site.recalled is None


def test_an_image_for_another_platform_is_not_taken_for_the_base(site: Site) -> None:
    """The name of the base has moved on to one for another platform: the long way finds ours."""
    ours = site.build("FROM base\nCMD x\n")
    other: dict[str, object] = {"os": "linux", "architecture": "s390x"}
    site.backend.remote[BASE] = site.backend.config(str(site.id_of(BASE)))
    site.backend.add_image(BASE, other, {"/etc/base": b"other"})
    for _ in range(2):
        assert site.build() == ours
        assert site.recalled is None


def test_what_is_said_of_the_frontend_is_told_again(site: Site) -> None:
    text = '# syntax=ghcr.io/docker/dockerfile:1\nFROM base\nCMD ["x"]\n'
    image = site.build(text, build_args={"BUILDKIT_INLINE_CACHE": "1"})
    assert site.build(build_args={"BUILDKIT_INLINE_CACHE": "1"}) == site.recalled == image


def test_the_date_of_an_image_counts(site: Site) -> None:
    dated = {"SOURCE_DATE_EPOCH": "1"}
    image = site.build("FROM base\nCMD x\n", build_args=dated)
    assert site.build(build_args=dated) == site.recalled == image
    assert site.build(build_args={"SOURCE_DATE_EPOCH": "2"}) != image
    assert site.recalled is None


def test_a_memo_comes_back_as_it_was() -> None:
    memo = Memo(
        text="t",
        bases=(Base("base", "docker.io/library/base:latest", "id"),),
        answers=(Answer("images", "k", "v"),),
        taken=(Taken(("a", "b\udc80"), False, True, ("*.log",), "d"),),
        warnings=("w",),
        steps=("[1/1] s",),
        image="i",
    )
    assert load_memo(memo.dump()) == memo


def _forget(site: Site) -> None:
    with open_cache(site.root / "cache" / "cache.db") as cache:
        key = memos.memo_key(BuildOptions(site.context), site.backend)
        assert key is not None
        assert cache.memo(key) is not None
        cache.remember_memo(key, replace(load_memo(str(cache.memo(key))), text="").dump())


def _recall(
    site: Site, options: BuildOptions, reporter: Reporter | None = None, stdin: bytes = b""
) -> str | None:
    backend: Backend = site.backend
    with _contexts(site, options, reporter or QuietReporter(), stdin) as contexts:
        return recall(options, backend, site.root / "cache", contexts)


def _long(site: Site, options: BuildOptions) -> str | None:
    folders = Folders(site.root / "cache", site.root / "state")
    with _contexts(site, options, QuietReporter(), b"") as contexts:
        return start_build(options, site.backend, folders, contexts, inside=True)


def _contexts(site: Site, options: BuildOptions, reporter: Reporter, stdin: bytes) -> Contexts:
    cache = site.root / "cache"
    remotes = Remotes(cache, options.secrets, options.agents)
    return Contexts(options, cache, remotes, Vertices(reporter), io.BytesIO(stdin))

"""Builds out of every kind of context, on the recording backend."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rootbuild.build.contexts import Place
from rootbuild.build.inputs import Source, parse_dockerfile
from rootbuild.build.options import BuildOptions, Secret
from rootbuild.build.vertices import Vertices
from rootbuild.build.warnings import show_warnings
from rootbuild.context.named import read_contexts
from rootbuild.context.origin import Origin, Stdin, main_origin
from rootbuild.errors import (
    BuildError,
    ContextError,
    ImageNotFoundError,
    RootbuildError,
    UsageError,
)
from rootbuild.files import attributes, entries
from rootbuild.files.owner import Owner
from rootbuild.progress.plain import PlainReporter
from rootbuild.testing.layouts import Layout
from tests.build.recorded import MINE, Site
from tests.files.archives import member, packed
from tests.gitserver import git_daemon, origin
from tests.webserver import Web, web

COPY = f"FROM base\nCOPY {MINE} . /\n"
FROM = "FROM base\nCOPY --chown={} --from=src f /f\n".format(MINE.partition("=")[2])


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # FROM a context gives files to root, which only root can do outside of a namespace.
    monkeypatch.setattr(attributes, "ROOT_OWNER", Owner(os.geteuid(), os.getegid()))
    site = Site(tmp_path / "site")
    yield site
    left = site.root / "cache" / "contexts"
    assert not left.exists() or list(left.iterdir()) == []


@pytest.fixture
def pages() -> Iterator[Web]:
    with web() as found:
        yield found


def archive(**files: str) -> bytes:
    """A tar file; `__` in a name is a `.`, `___` a `/`."""
    names = {name.replace("___", "/").replace("__", "."): text for name, text in files.items()}
    return packed([member(name, text.encode(), mode=0o644) for name, text in names.items()])


def named(site: Site, *contexts: str, **more: Any) -> str:
    return site.build(contexts=read_contexts(contexts), **more)


def refusal(site: Site, kind: type[RootbuildError] = ContextError, **more: Any) -> RootbuildError:
    with pytest.raises(kind) as caught:
        site.build(**more)
    return caught.value


class TestStdin:
    def test_an_archive_with_its_ignore_file(self, site: Site) -> None:
        data = archive(Dockerfile=COPY, a="1", b="2", __dockerignore="b\nDockerfile\n")
        image = site.build(context=Stdin(), stdin=data)
        assert site.read(image, "a") == "1"
        with pytest.raises(FileNotFoundError):
            site.read(image, "b")

    @pytest.mark.parametrize("inside", [True, False])
    def test_the_same_again_is_known(self, site: Site, inside: bool) -> None:
        data = archive(Dockerfile=COPY, a="1")
        image = site.build(context=Stdin(), stdin=data)
        again = gzip.compress(data)
        assert site.start(inside=inside, context=Stdin(), stdin=again) == image
        assert site.backend.calls == []

    def test_other_files_are_another_image(self, site: Site) -> None:
        first = site.build(context=Stdin(), stdin=archive(Dockerfile=COPY, a="1"))
        assert site.build(context=Stdin(), stdin=archive(Dockerfile=COPY, a="2")) != first

    @pytest.mark.parametrize("name", ["sub/other", "/sub/other", "./sub/../sub/other", "link"])
    def test_the_dockerfile_is_named_in_it(self, site: Site, name: str) -> None:
        link = member("link", b"", type=b"2", linkname="/sub/other")
        text = COPY.replace(". /", "a /")
        files = [member("sub/other", text.encode()), member("a", b"1"), link]
        image = site.build(context=Stdin(), stdin=packed(files), dockerfile=name)
        assert site.read(image, "a") == "1"

    def test_an_ignore_file_beside_the_dockerfile_replaces_the_other(self, site: Site) -> None:
        data = archive(sub___D=COPY, a="1", b="2", __dockerignore="a", sub___D__dockerignore="b")
        image = site.build(context=Stdin(), stdin=data, dockerfile="sub/D")
        assert site.read(image, "a") == "1"
        with pytest.raises(FileNotFoundError):
            site.read(image, "b")

    def test_in_lower_case(self, site: Site) -> None:
        site.build(context=Stdin(), stdin=archive(dockerfile=COPY))

    def test_no_link_leads_to_a_dockerfile_outside(self, site: Site) -> None:
        outside = site.write("outside", COPY)
        link = member("Dockerfile", type=b"2", linkname=str(outside))
        error = refusal(site, context=Stdin(), stdin=packed([link]))
        assert error.id == "dockerfile-missing"
        assert "from standard input" in error.report.hint

    def test_without_a_dockerfile(self, site: Site) -> None:
        error = refusal(site, context=Stdin(), stdin=archive(a="1"))
        assert error.report.message == (
            "failed to read dockerfile: open Dockerfile: no such file or directory"
        )

    def test_a_missing_file(self, site: Site) -> None:
        text = f"FROM base\nCOPY {MINE} none /\n"
        error = refusal(site, context=Stdin(), stdin=archive(Dockerfile=text))
        assert error.report.hint.endswith("the build context, from standard input")
        assert error.report.location is not None

    def test_a_dockerfile_has_no_files(self, site: Site) -> None:
        site.write("a", "1")
        image = site.build(context=Stdin(), stdin=b"FROM base\nRUN stamp b\n")
        assert site.read(image, "b") == "0"
        text = f"FROM base\nCOPY {MINE} a /\n"
        assert '"/a": not found' in str(refusal(site, context=Stdin(), stdin=text.encode()))

    def test_an_empty_one(self, site: Site) -> None:
        error = refusal(site, RootbuildError, context=Stdin(), stdin=b"")
        assert error.report.message == "the Dockerfile cannot be empty"

    def test_dockerfile_and_context_cannot_both_be_there(self, site: Site) -> None:
        error = refusal(site, UsageError, context=Stdin(), dockerfile="-", stdin=b"FROM base\n")
        assert error.exit_code == 1
        assert error.report.message == (
            "invalid argument: can't use stdin for both build context and dockerfile"
        )

    def test_two_dockerfiles(self, site: Site) -> None:
        error = refusal(site, UsageError, context=Stdin(), dockerfile="D", stdin=b"FROM base\n")
        assert error.report.message == (
            "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles"
        )

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_files_that_only_root_may_read_are_left_to_it(self, site: Site) -> None:
        """Outside of the namespace we are not root; inside we would be, on a real engine."""
        data = packed([member("Dockerfile", COPY.encode(), mode=0o644), member("a", b"1", mode=0)])
        assert site.start(inside=False, context=Stdin(), stdin=data) is None
        assert "cannot read" in str(refusal(site, context=Stdin(), stdin=data))


class TestRemote:
    def test_an_archive_by_its_url(self, site: Site, pages: Web) -> None:
        url = pages.put("/c.tar.gz", gzip.compress(archive(Dockerfile=COPY, a="1")))
        image = site.build(context=main_origin(url))
        assert site.read(image, "a") == "1"
        assert site.start(inside=False, context=main_origin(url)) == image
        assert site.backend.calls == []

    def test_a_dockerfile_by_its_url(self, site: Site, pages: Web) -> None:
        url = pages.put("/whatever", "FROM base\nRUN stamp b\n")
        assert site.read(site.build(context=main_origin(url)), "b") == "0"

    def test_dockerfiles_from_elsewhere(self, site: Site, pages: Web) -> None:
        url = pages.put("/c.tar", archive(Dockerfile="FROM scratch\n", a="1"))
        context = main_origin(url)
        path = site.write("local", COPY)
        one = site.build(context=context, dockerfile=str(path))
        two = site.build(context=context, dockerfile="-", stdin=COPY.encode())
        three = site.build(context=context, dockerfile=pages.put("/D", COPY))
        assert one == two == three
        assert site.read(one, "a") == "1"

    def test_the_users_secrets_open_it(self, site: Site, pages: Web) -> None:
        url = pages.put("/c", "FROM base\nRUN stamp b\n", authorization="Bearer t0ken")
        secret = Secret("HTTP_AUTH_TOKEN_127.0.0.1", path=site.write("token", "t0ken"))
        site.build(context=main_origin(url), secrets=(secret,))
        assert "t0ken" not in str(refusal(site, BuildError, context=main_origin(url)))

    def test_a_git_repository(self, site: Site) -> None:
        repository = origin(site.root / "repositories" / "r")
        repository.commit(Dockerfile=COPY, a="1", sub___D=COPY, sub___a="2")
        repository.git("branch", "other")
        with git_daemon(site.root / "repositories") as url:

            def build(rest: str = "", **more: Any) -> str:
                context: Origin = main_origin(f"{url}/r{rest}")
                return site.build(context=context, **more)

            first = build()
            assert site.read(first, "a") == "1"
            assert site.read(build("#other:sub", dockerfile="D"), "a") == "2"
            with pytest.raises(FileNotFoundError):
                site.read(first, ".git/HEAD")
            keep = {"BUILDKIT_CONTEXT_KEEP_GIT_DIR": "1"}
            assert site.read(build(build_args=keep), ".git/HEAD")
            assert "ref none" in str(
                refusal(site, BuildError, context=main_origin(f"{url}/r#none"))
            )
            repository.commit(a="3")
            assert site.read(build(), "a") == "3"
            assert site.read(build("#other"), "a") == "1"


class TestNamed:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "src/d").mkdir(parents=True)
        (tmp_path / "src/f").write_text("named")
        (tmp_path / "src/d/g").write_text("deep")
        return tmp_path / "src"

    def test_a_folder_to_copy_from(self, site: Site, folder: Path) -> None:
        site.write("Dockerfile", FROM)
        image = named(site, f"src={folder}")
        assert site.read(image, "f") == "named"
        (folder / "d/g").write_text("changed")
        assert named(site, f"src={folder}") == image, "only what is named counts"
        assert site.backend.calls == []
        (folder / "f").write_text("changed")
        assert site.read(named(site, f"src={folder}"), "f") == "changed"

    def test_it_has_its_own_ignore_file(self, site: Site, folder: Path) -> None:
        site.write(".dockerignore", "d\n")
        (folder / ".dockerignore").write_text("f\n")
        site.write("Dockerfile", FROM.replace("f /f", "d /d"))
        assert site.read(named(site, f"src={folder}"), "d/g") == "deep"
        error = refusal(site, text=FROM, contexts=read_contexts([f"src={folder}"]))
        assert "excludes it" in error.report.hint

    def test_a_base(self, site: Site, folder: Path) -> None:
        site.write("Dockerfile", "FROM src\nENV a=b\nRUN stamp made\n")
        image = named(site, f"src={folder}", layers="all")
        assert len(site.layers(image)) == 2
        assert [site.read(image, name) for name in ("f", "d/g", "made")] == ["named", "deep", "0"]
        history = [line["created_by"] for line in site.config(image)["history"]]
        assert history[:2] == ["FROM src", "ENV a=b"]
        assert site.started()[0] is None
        assert named(site, f"src={folder}", layers="all") == image
        assert site.backend.calls == []

    def test_a_target_that_is_replaced(self, site: Site, folder: Path) -> None:
        site.write("Dockerfile", "FROM none AS src\nRUN exit 1\n")
        image = named(site, f"src={folder}")
        assert site.read(image, "d/g") == "deep"
        assert site.scripts() == []

    def test_an_image_brings_its_config(self, site: Site) -> None:
        site.backend.add_image(
            "docker.io/library/other:1", {"config": {"Env": ["A=1"]}}, {"/o": b"other"}
        )
        site.write("Dockerfile", "FROM base\nENV B=2\n")
        image = named(site, "base=docker-image://other:1")
        assert site.read(image, "o") == "other"
        assert set(site.config(image)["config"]["Env"]) >= {"A=1", "B=2"}

    def test_nothing_is_an_image(self, site: Site) -> None:
        site.write("Dockerfile", "FROM base\nENV B=2\n")
        assert site.layers(named(site, "base=docker-image://scratch")) == []
        site.write("Dockerfile", FROM.replace("f /f", "* /f"))
        named(site, "src=docker-image://scratch")

    def test_what_is_not_used_is_not_looked_at(self, site: Site, tmp_path: Path) -> None:
        site.write(
            "Dockerfile", "FROM x AS unneeded\nCOPY --from=src f /\nFROM base\nRUN stamp a\n"
        )
        broken = ("src=/no/such/folder", "x=oci-layout:///none", "y=docker-image://A B")
        named(site, *broken)
        assert not (site.root / "cache" / "contexts").exists()

    def test_a_folder_that_is_missing(self, site: Site) -> None:
        error = refusal(site, text=FROM, contexts=read_contexts(["src=/no/such"]))
        assert error.report.message == (
            "failed to get build context src: stat /no/such: no such file or directory"
        )
        assert error.report.location is not None
        assert error.report.location.start == 2

    def test_a_file_is_no_folder(self, site: Site) -> None:
        file = site.write("file", "x")
        error = refusal(site, text=FROM, contexts=read_contexts([f"src={file}"]))
        assert error.report.message.endswith(": not a directory")

    def test_urls(self, site: Site, pages: Web) -> None:
        """An archive is its files, anything else is a file of BuildKit's choice of name."""
        site.write("Dockerfile", FROM)
        tar = pages.put("/t", archive(f="packed", __dockerignore="f"))
        assert site.read(named(site, f"src={tar}"), "f") == "packed"
        site.write("Dockerfile", FROM.replace("f /f", "context /f"))
        assert site.read(named(site, f"src={pages.put('/f', 'plain')}"), "f") == "plain"

    def test_git(self, site: Site) -> None:
        repository = origin(site.root / "repositories" / "r")
        repository.commit(sub___f="git")
        site.write("Dockerfile", FROM)
        with git_daemon(site.root / "repositories") as url:
            assert site.read(named(site, f"src={url}/r#main:sub"), "f") == "git"

    def test_reserved_names_stay_what_they_are(self, site: Site) -> None:
        site.write("Dockerfile", "FROM scratch\nENV a=b\n")
        assert site.layers(named(site, "scratch=docker-image://base")) == []

    def test_reserved_names_are_told(self) -> None:
        options = BuildOptions(Path(), contexts=read_contexts(["scratch=a", "other=b"]))
        shown = io.StringIO()
        source = Source("Dockerfile", None, b"FROM scratch\n", Place(Path()))
        vertices = Vertices(PlainReporter(shown))
        show_warnings(vertices, options, source, parse_dockerfile(source), {})
        assert shown.getvalue() == (
            "WARN: --build-context scratch has no effect: the name is reserved\n"
        )


class TestLayouts:
    def test_loaded_once_by_one_call(self, site: Site, tmp_path: Path) -> None:
        layout = Layout(tmp_path / "layout")
        digest, _ = layout.add({"o": b"1"}, "v1", {"Env": ["A=1"]})
        site.write("Dockerfile", "FROM base\nENV B=2\n")
        context = f"base=oci-layout://{layout.folder}:v1"
        image = named(site, context)
        assert [call.arguments for call in site.backend.calls if call.verb == "load"] == [
            (layout.folder, digest)
        ]
        assert site.read(image, "o") == "1"
        assert set(site.config(image)["config"]["Env"]) >= {"A=1", "B=2"}
        assert named(site, context) == image
        assert site.backend.calls == []
        assert named(site, context, build_args={"x": "y"}, target="0", pull="always") == image
        assert site.count("load") == 0

    def test_another_image_under_the_tag(self, site: Site, tmp_path: Path) -> None:
        layout = Layout(tmp_path / "layout")
        layout.add({"f": b"1"})
        site.write("Dockerfile", FROM)
        context = f"src=oci-layout://{layout.folder}"
        assert site.read(named(site, context), "f") == "1"
        changed = Layout(tmp_path / "changed")
        changed.add({"f": b"2"})
        (changed.folder / "index.json").rename(layout.folder / "index.json")
        for blob in (changed.folder / "blobs/sha256").iterdir():
            blob.rename(layout.folder / "blobs/sha256" / blob.name)
        assert site.read(named(site, context), "f") == "2"
        assert site.count("load") == 1

    def test_none_is_there(self, site: Site, tmp_path: Path) -> None:
        contexts = read_contexts([f"base=oci-layout://{tmp_path}/none:v1"])
        error = refusal(site, ImageNotFoundError, text="FROM base\n", contexts=contexts)
        assert f'oci-layout reference "oci-layout://{tmp_path}/none:v1"' in str(error)
        assert error.report.location is not None

    def test_a_platform_that_is_none(self, site: Site, tmp_path: Path) -> None:
        contexts = read_contexts([f"base=oci-layout://{tmp_path}"])
        text = "FROM --platform=a/b/c/d base\n"
        error = refusal(site, RootbuildError, text=text, contexts=contexts)
        assert "failed to parse platform a/b/c/d" in str(error)


def test_files_are_looked_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find out that there is something to do, and to do it."""
    looked: list[object] = []

    def read_entries(*asked: Any) -> Any:
        looked.append(asked[1])
        return entries.read_entries(*asked)

    monkeypatch.setattr("rootbuild.files.selection.read_entries", read_entries)
    site.write("a", "content")
    site.build(f"FROM base\nCOPY {MINE} a /a\n", no_cache=True)
    assert looked == [("a",)]

"""`--explain`: what is said of each step that runs."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from rootbuild.build.options import Secret
from rootbuild.errors import BuildError
from rootbuild.image.platform import parse_platform
from rootbuild.progress.plain import PlainReporter
from tests.build.recorded import BASE, MINE, Machine, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def why(site: Site, text: str | None = None, **options: Any) -> list[list[str]]:
    """What a build says of the steps that it runs, in their order."""
    out = io.StringIO()
    site.build(text, explain=True, reporter=PlainReporter(out), **options)
    said: dict[str, list[str]] = {}
    for number, reason in re.findall(r"^#(\d+) because (.*)$", out.getvalue(), re.MULTILINE):
        said.setdefault(number, []).append(reason)
    return list(said.values())


COPY = f"FROM base\nCOPY {MINE} dir /d\n"
KEPT = "it was not worth a layer when it ran before"
BELOW = "the step before it has changed"


def test_nothing_is_said_unless_asked(site: Site) -> None:
    out = io.StringIO()
    site.build("FROM base\nRUN write a 1\n", reporter=PlainReporter(out))
    assert "because" not in out.getvalue()


def test_the_first_time(site: Site) -> None:
    text = "FROM base\nRUN write a 1\nRUN write b 1\n"
    assert why(site, text) == [["nothing like it was built before"]] * 2
    assert why(site) == []


class TestDefinitions:
    @pytest.mark.parametrize(
        ("old", "new", "reasons"),
        [
            ("RUN write a 1", "RUN write a 2", ["the command has changed"]),
            ("ENV A=1\nRUN stamp a", "ENV A=2\nRUN stamp a", ["variable A has changed"]),
            ("RUN stamp a", "ENV A=2\nRUN stamp a", ["variable A is new"]),
            ("ENV A=1\nRUN stamp a", "RUN stamp a", ["variable A is gone"]),
            ("USER 0\nRUN stamp a", "USER 7\nRUN stamp a", ["the user has changed"]),
            ("RUN stamp a", "RUN --network=none stamp a", ["the network has changed"]),
            (
                "RUN --mount=type=tmpfs,target=/t stamp a",
                "RUN --mount=type=tmpfs,target=/t,size=9 stamp a",
                ["the mount at /t has changed"],
            ),
            (
                "RUN --mount=type=secret,id=s,target=/t stamp a",
                "RUN --mount=type=secret,id=s,target=/u stamp a",
                ["the mount of secret s has changed"],
            ),
            ("COPY <<E /a\n1\nE", "COPY <<E /a\n2\nE", ["the text of E has changed"]),
            ("COPY <<E /a\nE", "COPY <<E /b\nE", ["the destination has changed"]),
            ("COPY <<E /a\nE", "COPY --chmod=600 <<E /a\nE", ["--chmod is new"]),
            ("WORKDIR /a", "WORKDIR /b", ["the folder has changed"]),
        ],
    )
    def test_what_has_changed(self, site: Site, old: str, new: str, reasons: list[str]) -> None:
        old, new = (text.replace("COPY", f"COPY {MINE}") for text in (old, new))
        secrets = (Secret("s", path=site.write("secret", "x")),)
        site.build(f"FROM base\n{old}\n", secrets=secrets)
        assert why(site, f"FROM base\n{new}\n", secrets=secrets) == [reasons]

    def test_a_build_arg(self, site: Site) -> None:
        text = "FROM base\nARG VERSION\nRUN stamp a\n"
        site.build(text, build_args={"VERSION": "1"})
        assert why(site, build_args={"VERSION": "2"}) == [["build arg VERSION has changed"]]

    def test_what_follows(self, site: Site) -> None:
        text = "FROM base\nRUN write a {}\nRUN write b 1\n"
        site.build(text.format(1))
        assert why(site, text.format(2)) == [["the command has changed"], [BELOW]]

    def test_a_step_in_between(self, site: Site) -> None:
        """What was moved is still known to be the same."""
        site.build("FROM base\nRUN last 5; write a 1\nRUN write c 1\n")
        said = why(site, "FROM base\nRUN last 5; write a 1\nRUN write b 1\nRUN write c 1\n")
        assert said == [["the command has changed"], [BELOW]]

    def test_no_value_is_kept(self, site: Site) -> None:
        text = "FROM base\nARG TOKEN\nENV PASSWORD=hunter2\nRUN stamp a\n"
        site.build(text, build_args={"TOKEN": "tr0ub4dor"})
        whole = b"".join(path.read_bytes() for path in (site.root / "cache").iterdir())
        assert b"hunter2" not in whole
        assert b"tr0ub4dor" not in whole
        (said,) = why(site, text.replace("hunter2", "correct"), build_args={"TOKEN": "horse"})
        assert sorted(said) == ["build arg TOKEN has changed", "variable PASSWORD has changed"]


class TestFiles:
    @pytest.fixture(autouse=True)
    def files(self, site: Site) -> Path:
        folder = site.context / "dir"
        folder.mkdir()
        for name in "abc":
            site.write(f"dir/{name}", name).chmod(0o644)
        return folder

    def test_each_kind_of_change(self, site: Site, files: Path) -> None:
        site.build(COPY)
        site.write("dir/a", "other")
        (files / "b").unlink()
        (files / "c").chmod(0o600)
        site.write("dir/d", "d")
        assert why(site) == [
            ["dir/a has changed", "dir/b is gone", "the mode of dir/c has changed", "dir/d is new"]
        ]

    def test_a_link_in_place_of_a_file(self, site: Site, files: Path) -> None:
        site.build(COPY)
        (files / "a").unlink()
        (files / "a").symlink_to("b")
        assert why(site) == [["dir/a is of another kind"]]

    def test_many(self, site: Site, files: Path) -> None:
        site.build(COPY)
        for number in range(9):
            site.write(f"dir/n{number}", "x")
        (said,) = why(site)
        assert said == [*(f"dir/n{number} is new" for number in range(5)), "4 more files differ"]

    def test_the_nearest_build_counts(self, site: Site) -> None:
        """Not the last one alone: of several that were built in turns."""
        text = f"FROM base\nCOPY {MINE} dir /d\nRUN write x {{}}\n"
        site.build(text.format(1))
        site.write("dir/a", "other")
        site.build(text.format(1))
        site.write("dir/a", "a")
        site.build(text.format(1))
        site.write("dir/b", "other")
        assert why(site, text.format(1))[0] == ["dir/b has changed"]

    def test_out_of_a_stage(self, site: Site) -> None:
        text = "FROM base AS a\nRUN write f {}\nFROM base\nCOPY --from=a /f /f\n"
        site.build(text.format(1))
        assert why(site, text.format(2)) == [
            ["the command has changed"],
            ["f has changed in stage a"],
        ]

    def test_another_project_is_not_compared(self, site: Site, files: Path) -> None:
        site.build(COPY)
        site.write("Other", COPY.replace("/d", "/e"))
        assert why(site, dockerfile=str(site.context / "Other")) == [
            ["nothing like it was built before"]
        ]


class TestBases:
    def test_another_image_under_the_name(self, site: Site) -> None:
        text = "FROM base\nRUN write a 1\n"
        site.build(text)
        site.backend.add_image(BASE, {}, {"/etc/base": b"new"})
        assert why(site) == [[f"image {BASE} has changed"]]

    def test_another_name(self, site: Site) -> None:
        other = "docker.io/library/other:latest"
        site.backend.add_image(other, {}, {"/etc/base": b"other"})
        site.build("FROM base\nRUN write a 1\n")
        said = why(site, "FROM other\nRUN write a 1\n")
        assert said == [[f"it starts from image {other}, not from image {BASE}"]]

    def test_a_platform(self, site: Site) -> None:
        text = "FROM scratch\nCOPY <<E /f\nE\n"
        site.build(text, platform=parse_platform("linux/amd64"))
        said = why(site, platform=parse_platform("linux/arm64"))
        assert said == [["the platform has changed"]]

    def test_a_stage(self, site: Site) -> None:
        text = "FROM base AS a\nRUN write a {}\nFROM a\nRUN write b 1\n"
        site.build(text.format(1))
        assert why(site, text.format(2)) == [["the command has changed"], ["stage a has changed"]]


class TestNothingHasChanged:
    def test_not_worth_a_layer(self, site: Site) -> None:
        site.build("FROM base\nRUN write a 1\nRUN write b 1\n")
        assert why(site, "FROM base\nRUN write a 1\nRUN write b 2\n") == [
            [KEPT],
            ["the command has changed"],
        ]

    def test_no_cache(self, site: Site) -> None:
        site.build("FROM base AS a\nRUN write a 1\nFROM base\nCOPY --from=a /a /a\n")
        said = why(site, no_cache_stages=("a",))
        assert said == [["the cache is not to be used for it"]]
        assert why(site, no_cache=True) == [["the cache is not to be used for it"]] * 2

    def test_an_image_that_is_gone(self, site: Site) -> None:
        site.build("FROM base\nRUN write a 1\n")
        site.backend.remove([image.id for image in site.backend.images() if not image.names])
        assert why(site) == [["the store has lost the image that it made before"]]

    def test_a_layer_of_several_steps(self, site: Site) -> None:
        site.build("FROM base\nRUN write a 1\nRUN write b 1\n")
        assert why(site, layers="all") == [
            [KEPT],
            ["its layer holds the steps before it as well"],
        ]

    def test_after_a_failure(self, site: Site) -> None:
        """What was done before it is known; what failed is as new."""
        with pytest.raises(BuildError):
            site.build("FROM base\nRUN write a 1\nRUN exit 1\n")
        assert why(site, "FROM base\nRUN write a 1\nRUN write b 1\n") == [
            [KEPT],
            ["nothing like it was built before"],
        ]

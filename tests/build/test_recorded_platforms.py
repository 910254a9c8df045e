"""Images of other platforms: which is taken, what a name means afterwards, what can be run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rootbuild.errors import HostError, ImageNotFoundError
from rootbuild.host import emulation
from rootbuild.image.platform import Platform, build_platform
from tests.build.recorded import MINE, Site

TOOL = "docker.io/library/tool:latest"
FOREIGN = Platform("linux", "s390x" if build_platform().architecture != "s390x" else "amd64")
OTHER = Platform("linux", "riscv64" if build_platform().architecture != "riscv64" else "amd64")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A host that runs nothing but its own programs, and what it was asked for."""
    architectures: list[str] = []

    def runs(architecture: str, folder: Path) -> bool:
        architectures.append(architecture)
        return False

    monkeypatch.setattr(emulation, "runs", runs)
    return architectures


def config(platform: Platform, *layers: str) -> dict[str, object]:
    return {
        "architecture": platform.architecture,
        "os": platform.os,
        "config": {"Env": [f"FOR={platform.architecture}"]},
        "rootfs": {"type": "layers", "diff_ids": list(layers)},
    }


def offer(site: Site, *platforms: Platform) -> None:
    """An image TOOL in a registry, for several platforms."""
    for platform in platforms:
        name = TOOL if platform == build_platform() else f"{TOOL} {platform}"
        site.backend.remote[name] = json.dumps(config(platform)).encode()


def pulls(site: Site) -> list[tuple[object, ...]]:
    return [call.arguments[1:] for call in site.backend.calls if call.verb == "pull"]


def made_for(site: Site, image: str | None) -> str:
    assert image is not None
    return str(site.config(image)["architecture"])


def test_one_name_for_two_platforms(site: Site) -> None:
    offer(site, build_platform(), FOREIGN)
    text = (
        f"FROM --platform={FOREIGN} tool AS other\nLABEL for=$FOR\n"
        "FROM tool\nLABEL for=$FOR\nCOPY --from=other / /other/\n"
    )
    image = site.build(text)
    assert pulls(site) == [("missing", str(FOREIGN)), ("always", None)]
    assert site.config(image)["config"]["Labels"] == {"for": build_platform().architecture}
    assert made_for(site, site.id_of(TOOL)) == build_platform().architecture
    assert site.start(inside=False) == image
    assert site.backend.calls == []
    whole = site.build(target="other")
    assert site.config(whole)["config"]["Labels"] == {"for": FOREIGN.architecture}
    assert pulls(site) == []


def test_an_image_of_another_platform_is_not_taken_and_keeps_its_name(site: Site) -> None:
    mine = site.backend.add_image(TOOL, config(FOREIGN), {})
    offer(site, build_platform())
    image = site.build("FROM tool\nLABEL a=b\n")
    assert pulls(site) == [("always", None)]
    assert made_for(site, image) == build_platform().architecture
    assert site.id_of(TOOL) == mine
    assert site.start(inside=False) == image
    site.backend.remove([image])
    site.build()
    assert pulls(site) == []


def test_what_was_pulled_is_pulled_again_when_it_is_gone(site: Site) -> None:
    site.backend.add_image(TOOL, config(FOREIGN), {})
    offer(site, build_platform())
    site.build("FROM tool\nLABEL a=b\n")
    site.backend.remove([image.id for image in site.backend.images() if not image.names])
    site.build()
    assert pulls(site) == [("always", None)]


def test_it_is_said_that_the_store_has_it_for_another(site: Site) -> None:
    site.backend.add_image(TOOL, config(FOREIGN), {})
    with pytest.raises(ImageNotFoundError) as caught:
        site.build("FROM scratch\nFROM tool\n")
    assert str(caught.value) == (
        f"{TOOL} is in the local store for {FOREIGN} alone, and could not be pulled for "
        f"{build_platform()}"
    )
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 2


def test_an_image_without_a_choice_is_taken(site: Site) -> None:
    """As in BuildKit, which warns: a registry may have just one, or a name may be exact."""
    site.backend.remote[TOOL] = json.dumps(config(FOREIGN)).encode()
    image = site.build("FROM tool\nLABEL a=b\n")
    assert made_for(site, image) == FOREIGN.architecture
    assert site.start(inside=False) == image
    by_id = site.build(f"FROM sha256:{site.id_of(TOOL)}\nLABEL a=b\n")
    assert pulls(site) == []
    assert made_for(site, by_id) == FOREIGN.architecture


def test_the_target_says_what_was_asked_for(site: Site) -> None:
    """FROM --platform=$BUILDPLATFORM is how cross-compilers are started."""
    site.backend.add_image(TOOL, config(build_platform()), {})
    text = "FROM --platform=$BUILDPLATFORM tool\nARG TARGETARCH\nRUN write for $TARGETARCH\n"
    image = site.build(text, platforms=(FOREIGN,))
    assert made_for(site, image) == FOREIGN.architecture
    assert site.scripts() == ["write for $TARGETARCH"]
    assert made_for(site, site.build(text)) == build_platform().architecture


def test_copies_come_from_images_for_the_target(site: Site) -> None:
    offer(site, build_platform(), FOREIGN)
    text = "FROM --platform=$BUILDPLATFORM tool\nCOPY --from=tool / /new/\n"
    site.build(text, platforms=(FOREIGN,))
    assert pulls(site) == [("missing", None), ("always", str(FOREIGN))]


def test_stages_without_commands_need_no_emulator(site: Site, asked: list[str]) -> None:
    site.write("file", "x")
    text = f"FROM scratch AS one\nCOPY {MINE} file /\nWORKDIR /\nFROM one\nENV a=b\n"
    images = [site.build(text, platforms=(platform,)) for platform in (FOREIGN, OTHER)]
    assert [made_for(site, image) for image in images] == [
        FOREIGN.architecture,
        OTHER.architecture,
    ]
    assert site.committed() == 1
    assert asked == []


def test_commands_stop_before_anything_is_built(site: Site, asked: list[str]) -> None:
    site.backend.add_image(TOOL, config(FOREIGN), {})
    text = (
        "FROM base AS one\nRUN write a 1\n"
        f"FROM --platform={FOREIGN} tool AS two\nCOPY --from=one /a /a\nRUN write b 1\n"
        "FROM two\nRUN write c 1\n"
    )
    with pytest.raises(HostError) as caught:
        site.build(text)
    assert caught.value.id == "no-emulator"
    assert str(caught.value) == f"this host cannot run programs for {FOREIGN}, as stage two does"
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 5
    assert (site.backend.verbs(), asked) == (["session"], [FOREIGN.architecture])
    assert site.clean()


def test_commands_whose_results_are_known_need_none(
    site: Site, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    site.backend.add_image(TOOL, config(FOREIGN), {})
    text = f"FROM --platform={FOREIGN} tool\nRUN write b 1\n"
    with monkeypatch.context() as patch:
        patch.setattr(emulation, "runs", lambda architecture, folder: True)
        site.build(text)
    site.build(f"{text}CMD x\nWORKDIR /\n")
    assert (site.scripts(), asked) == ([], [])
    with pytest.raises(HostError):
        site.build(no_cache=True)
    assert asked == [FOREIGN.architecture]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("architecture", ["a/b/c/d", "$(x)", " ", "../.."])
def test_an_image_may_say_anything(site: Site, architecture: str) -> None:
    strange = config(Platform("linux", architecture))
    identity = site.backend.add_image(TOOL, strange, {})
    site.build(f"FROM {identity}\nENV a=b\n")
    with pytest.raises(HostError, match="this host cannot run programs for"):
        site.build(f"FROM {identity}\nRUN write a 1\n")

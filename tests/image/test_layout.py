"""Which image of a folder in OCI layout a reference means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild.errors import ImageNotFoundError
from rootbuild.image.layout import LayoutReference, find_in_layout, parse_layout
from rootbuild.image.platform import Platform
from rootbuild.testing.layouts import CONFIG, Descriptor, Layout

AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64")
ZEROS = f"sha256:{'0' * 64}"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def find(layout: Layout, rest: str = "", platform: Platform = AMD64) -> tuple[str, str]:
    found = find_in_layout(f"oci-layout://{layout.folder}{rest}", platform)
    return found.manifest, found.id


def refusal(layout: Layout, rest: str = "", platform: Platform = AMD64) -> str:
    with pytest.raises(ImageNotFoundError) as caught:
        find(layout, rest, platform)
    message = caught.value.report.message
    assert message.startswith(f'oci-layout reference "oci-layout://{layout.folder}{rest}" could')
    return message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oci-layout://a/b", LayoutReference(Path("a/b"))),
        ("oci-layout:///a/b:v1", LayoutReference(Path("/a/b"), "v1")),
        ("oci-layout://.:v1@sha256:ab", LayoutReference(Path(), "v1", "sha256:ab")),
        ("oci-layout://a@sha256:ab", LayoutReference(Path("a"), "latest", "sha256:ab")),
    ],
)
def test_a_reference_is_taken_apart(text: str, expected: LayoutReference) -> None:
    assert parse_layout(text) == expected


def test_by_tag_and_by_digest(layout: Layout) -> None:
    one = layout.add({"f": b"1"}, "v1")
    two = layout.add({"f": b"2"}, "latest")
    assert find(layout, ":v1") == one
    assert find(layout) == two
    assert find(layout, f":v1@{two[0]}") == two
    assert "(tags: v1, latest)" in refusal(layout, ":v3")


def test_the_only_one_needs_no_tag(layout: Layout) -> None:
    one = layout.add({"f": b"1"}, "v1")
    assert find(layout) == find(layout, ":whatever") == one


def test_a_digest_need_not_be_listed(layout: Layout) -> None:
    layout.add({"f": b"1"})
    manifest, image = layout.image({"f": b"2"})
    assert find(layout, f"@{manifest['digest']}") == (manifest["digest"], image)


def _for(entry: Descriptor, **platform: str) -> Descriptor:
    return {**entry, "platform": platform}


def test_an_index_is_chosen_from_by_platform(layout: Layout) -> None:
    amd, amd_image = layout.image({"f": b"amd"})
    arm, arm_image = layout.image({"f": b"arm"})
    proof, _ = layout.image({"f": b"attestation"})
    inner = layout.index(
        _for(proof, os="unknown", architecture="unknown"),
        _for(amd, os="linux", architecture="amd64"),
        _for(arm, os="linux", architecture="arm64", variant="v8"),
    )
    layout.put(inner, "v1")
    assert find(layout, ":v1") == (amd["digest"], amd_image)
    assert find(layout, ":v1", ARM64) == (arm["digest"], arm_image)
    s390x = Platform("linux", "s390x")
    assert "no match for platform linux/s390x" in refusal(layout, ":v1", s390x)


Damage = Callable[[Layout], str]


def _changed(layout: Layout) -> str:
    manifest, _ = layout.add({"f": b"1"})
    path = layout.folder / "blobs" / "sha256" / manifest.removeprefix("sha256:")
    path.write_text(path.read_text() + " ")
    return "does not match its digest"


def _no_index(layout: Layout) -> str:
    return "index.json: No such file or directory"


def _no_json(layout: Layout) -> str:
    (layout.folder / "index.json").write_text("{")
    return "index.json is not JSON"


def _deep(layout: Layout) -> str:
    (layout.folder / "index.json").write_text("[" * 100_000)
    return "index.json is not JSON"


def _no_object(layout: Layout) -> str:
    (layout.folder / "index.json").write_text("[]")
    return "no JSON object"


def _nothing(layout: Layout) -> str:
    (layout.folder / "index.json").write_text(json.dumps({"manifests": {"a": 1}}))
    return 'nothing there is called "latest" (tags: none)'


def _outside(layout: Layout) -> str:
    layout.put({"digest": "sha256:../../../../../../etc/passwd"})
    return "no sha256 digest"


def _missing(layout: Layout) -> str:
    layout.put({"digest": ZEROS})
    return "No such file or directory"


def _no_config(layout: Layout) -> str:
    layout.put(layout.blob(b"{}", CONFIG))
    return "no sha256 digest"


def _bad_layer(layout: Layout) -> str:
    manifest = {"config": {"digest": ZEROS}, "layers": [{"digest": "sha256:../x"}]}
    layout.put(layout.blob(json.dumps(manifest).encode(), CONFIG))
    return "no sha256 digest"


def _nested(layout: Layout) -> str:
    entry, _ = layout.image({"f": b"1"})
    for _ in range(4):
        entry = layout.index(_for(entry, os="linux", architecture="amd64"))
    layout.put(entry)
    return "nested too deeply"


def _large(layout: Layout) -> str:
    (layout.folder / "index.json").write_text(" " * (5 << 20))
    return "index.json is larger than"


@pytest.mark.parametrize(
    "damage",
    [
        *(_changed, _no_index, _no_json, _deep, _no_object, _nothing, _outside, _missing),
        *(_no_config, _bad_layer, _nested, _large),
    ],
)
def test_damaged_ones_are_refused(layout: Layout, damage: Damage) -> None:
    expected = damage(layout)
    assert expected in refusal(layout)


def test_a_digest_that_is_none(layout: Layout) -> None:
    layout.add({"f": b"1"})
    assert "is not a sha256 digest" in refusal(layout, "@sha256:../../x")

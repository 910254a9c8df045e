from __future__ import annotations

import json

from rootbuild.image.config import (
    HealthProbe,
    HistoryEntry,
    ImageConfig,
    merged,
    on_platform,
    parse_config,
    platform_of,
    render_config,
    set_pair,
)
from rootbuild.image.platform import Platform

CREATED = "2020-01-02T03:04:05Z"

FULL = ImageConfig(
    architecture="arm64",
    os="linux",
    variant="v8",
    os_version="1",
    author="me",
    env=(("PATH", "/bin"), ("A", "x=y"), ("EMPTY", "")),
    cmd=("sh",),
    entrypoint=("/e", "ä"),
    working_dir="/w",
    user="1:2",
    volumes=("/a", "/b"),
    exposed_ports=("53/udp", "80/tcp"),
    labels=(("z", "1"), ("a", "")),
    shell=("/bin/bash", "-c"),
    stop_signal="SIGINT",
    healthcheck=HealthProbe(("CMD", "true"), 1, 2, 3, 4, 5),
    onbuild=("RUN x",),
    args_escaped=True,
    diff_ids=("sha256:aa",),
    history=(HistoryEntry("RUN x", False, created=CREATED, comment="c"),),
)


def test_every_field_survives_a_round_trip() -> None:
    assert parse_config(render_config(FULL, CREATED)) == FULL


def test_an_empty_config_has_no_empty_fields() -> None:
    document = json.loads(render_config(ImageConfig(), CREATED))
    assert document == {
        "created": CREATED,
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": []},
        "history": [],
    }


def test_nulls_as_docker_writes_them_are_read() -> None:
    blob = (
        b'{"architecture":"amd64","config":{"Env":null,"Cmd":null,"Volumes":null},"history":null}'
    )
    config = parse_config(blob)
    assert (config.env, config.cmd, config.volumes, config.history) == ((), None, (), ())


def test_history_without_a_date_gets_the_image_s() -> None:
    config = ImageConfig(history=(HistoryEntry("a", True), HistoryEntry("b", True, created="old")))
    entries = json.loads(render_config(config, CREATED))["history"]
    assert [entry["created"] for entry in entries] == [CREATED, "old"]


def test_set_pair_keeps_the_place() -> None:
    pairs = (("a", "1"), ("b", "2"))
    assert set_pair(pairs, "a", "3") == (("a", "3"), ("b", "2"))
    assert set_pair(pairs, "c", "3") == (("a", "1"), ("b", "2"), ("c", "3"))


def test_merged_sorts_and_drops_doubles() -> None:
    assert merged(("b", "a"), ("a", "c")) == ("a", "b", "c")


def test_a_config_for_another_platform() -> None:
    arm = on_platform(FULL, Platform("linux", "arm"))
    assert (arm.architecture, arm.variant, arm.os_version, arm.env) == ("arm", "", "", FULL.env)
    same = on_platform(FULL, Platform("linux", "arm64"))
    assert same == FULL
    assert on_platform(FULL, Platform("linux", "arm64", "v9")).variant == "v9"


def test_what_a_config_is_for() -> None:
    assert platform_of(FULL) == Platform("linux", "arm64")
    assert platform_of(ImageConfig(architecture="")) is None

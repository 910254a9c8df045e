"""The engine's descriptions of containers and images -> Docker's."""

from __future__ import annotations

from typing import Any

import pytest

from rootbuild.runtime.inspected import described
from rootbuild.template import render

IMAGE: dict[str, Any] = {
    "Id": "a" * 64,
    "RepoTags": ["docker.io/library/x:1", "quay.io/y:2"],
    "RepoDigests": ["docker.io/library/x@sha256:" + "b" * 64],
    "Created": "2026-01-01T00:00:00Z",
    "Config": {"Env": ["A=b"], "Labels": {"l.1": "v"}},
    "Architecture": "arm64",
    "Os": "linux",
}
CONTAINER: dict[str, Any] = {
    "Id": "c" * 64,
    "Name": "web",
    "Image": "a" * 64,
    "State": {"Status": "running", "StartedAt": "2026-01-01T00:00:00.5Z", "Health": {"Status": ""}},
    "Config": {"Entrypoint": "", "StopSignal": 15, "Cmd": ["x"], "Labels": None},
    "HostConfig": {"RestartPolicy": {"Name": ""}, "LogConfig": {"Path": "/log"}},
    "NetworkSettings": {
        "IPAddress": "10.0.2.100",
        "Ports": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
    },
    "Mounts": [{"Source": "/a", "Destination": "/b"}],
}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{{.Id}}", "sha256:" + "a" * 64),
        ("{{json .RepoTags}}", '["x:1","quay.io/y:2"]'),
        ("{{index .RepoDigests 0}}", "x@sha256:" + "b" * 64),
        ("{{.Os}}/{{.Architecture}}{{with .Variant}}/{{.}}{{end}}", "linux/arm64"),
        ("{{.Config.User}}|{{.Config.WorkingDir}}|{{.Config.Entrypoint}}", "||[]"),
        ('{{index .Config.Labels "l.1"}}', "v"),
        ("{{range .Config.Env}}{{println .}}{{end}}", "A=b\n"),
    ],
)
def test_images(form: str, expected: str) -> None:
    assert render(form, described(IMAGE)) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{{.Name}} {{.Image}}", "/web sha256:" + "a" * 64),
        ("{{.State.Status}} {{.State.StartedAt}}", "running 2026-01-01T00:00:00.5Z"),
        ("{{json .State}}", '{"Status":"running","StartedAt":"2026-01-01T00:00:00.5Z"}'),
        ("{{(index .Mounts 0).Destination}}", "/b"),
        ('{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', "8080"),
        ("{{.Config.Entrypoint}}{{.Config.Cmd}} {{.Config.StopSignal}}", "[][x] SIGTERM"),
        ("{{.HostConfig.RestartPolicy.Name}}", "no"),
        ("{{len .Config.Labels}}", "0"),
        ("{{.LogPath}} {{.Platform}}", "/log linux"),
        (
            "{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{$net.IPAddress}}{{end}}",
            "bridge 10.0.2.100",
        ),
        ("{{.NetworkSettings.Networks.bridge.Gateway}}.", "."),
    ],
)
def test_containers(form: str, expected: str) -> None:
    assert render(form, described(CONTAINER)) == expected


@pytest.mark.parametrize(
    ("mode", "networks", "expected"),
    [
        ("slirp4netns", {}, ["bridge"]),
        ("bridge", {"usual": {"IPAddress": "10.0.0.2"}}, ["bridge"]),
        ("bridge", {"usual": {}, "nat": {}}, ["bridge", "nat"]),
        ("none", {}, ["none"]),
        ("host", {}, ["host"]),
        ("container:abc", {}, []),
    ],
)
def test_networks_of_containers(mode: str, networks: dict[str, Any], expected: list[str]) -> None:
    document = {
        **CONTAINER,
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Networks": networks},
    }
    form = "{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{end}}"
    assert render(form, described(document, "usual")).split() == expected

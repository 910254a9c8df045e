"""What clients of docker ask beside builds and runs, on a real engine."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Rootbuild

pytestmark = pytest.mark.engine
BASE = "diamol/base"


def rows(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


def test_info(rootbuild: Rootbuild) -> None:
    found = json.loads(rootbuild("system", "info", "--format", "{{ json . }}").stdout)
    assert "name=rootless" in found["SecurityOptions"]
    assert found["ServerVersion"] == "27.5.1"
    assert found["NCPU"] > 0
    assert found["MemTotal"] > 0
    assert found["Swarm"]["LocalNodeState"] == "inactive"
    assert f"Storage Driver: {found['Driver']}" in rootbuild("info").stdout


def test_lists_by_templates(rootbuild: Rootbuild, unique: Callable[..., str]) -> None:
    name, network = unique("c"), unique("net")
    rootbuild("network", "create", "--subnet", "10.198.71.0/24", "--label", "a=b", network)
    rootbuild("run", "-d", "--name", name, "--label", "x=y,z", "--network", network, BASE,
              "sleep", "300")  # fmt: skip
    (row,) = rows(rootbuild("ps", "--format", "{{json .}}", "--filter", f"name={name}").stdout)
    assert (row["Names"], row["State"], row["Image"]) == (name, "running", f"{BASE}:latest")
    assert "x=y,z" in row["Labels"]
    assert row["Networks"] == network
    (stats,) = rows(rootbuild("stats", "--no-stream", "--format", "json", name).stdout)
    assert stats["Name"] == name
    listed = rows(rootbuild("network", "ls", "--format", "json").stdout)
    assert next(row for row in listed if row["Name"] == network)["Labels"] == "a=b"
    (found,) = json.loads(rootbuild("network", "inspect", network).stdout)
    assert found["IPAM"]["Config"][0]["Subnet"] == "10.198.71.0/24"
    assert [member["Name"] for member in found["Containers"].values()] == [name]
    images = rows(rootbuild("images", "--format", "json", "--filter", f"reference={BASE}").stdout)
    assert [(image["Repository"], image["Tag"]) for image in images] == [(BASE, "latest")]
    assert "CONTAINER ID" not in rootbuild("ps", "--format", "{{.Names}}").stdout


def test_lists_as_docker_s(rootbuild: Rootbuild, unique: Callable[..., str]) -> None:
    """The columns and the words of Docker, and filters that find what they do there."""
    name, volume = unique("c"), unique("v")
    rootbuild("volume", "create", "--label", "a=b", volume)
    assert rootbuild("volume", "create", volume).stdout == f"{volume}\n"
    rootbuild("run", "-d", "--name", name, "--label", "x=y", "-v", f"{volume}:/data", BASE,
              "sleep", "300")  # fmt: skip
    for text in (f"ancestor={BASE}", f"ancestor={BASE}:latest", f"name=^/{name}$", f"name=/{name}",
                 "network=bridge", "status=running", "is-task=false"):  # fmt: skip
        found = rootbuild("ps", "--filter", text, "--format", "{{.Names}}").stdout.split()
        assert name in found, text
    (image,) = set(rootbuild("images", "-q", BASE).stdout.split())
    assert name in rootbuild("ps", "--filter", f"ancestor={image}").stdout
    fields = '{{.State}}|{{.Image}}|{{.Label "x"}}|{{.LocalVolumes}}|{{.Networks}}'
    (said,) = rootbuild("ps", "-f", f"name={name}", "--format", fields).stdout.splitlines()
    assert said == f"running|{BASE}:latest|y|1|bridge"
    listed = rootbuild("ps").stdout
    assert listed.startswith("CONTAINER ID   IMAGE ")
    assert f" {BASE}:latest " in listed
    refused = rootbuild("ps", "--filter", "nope=1", check=False)
    assert (refused.status, refused.stderr) == (1, "ERROR: invalid filter 'nope'\n")
    assert rootbuild("network", "ls").stdout.split("\n")[0].split()[-1] == "SCOPE"
    nothing = ("volume", "ls", "--filter", "name=there-is-none")
    assert rootbuild(*nothing).stdout == "DRIVER   VOLUME NAME\n"
    assert rootbuild(*nothing, "--format", "json").stdout == ""
    (row,) = rows(rootbuild("volume", "ls", "-f", f"name={volume}", "--format", "json").stdout)
    assert (row["Name"], row["Labels"], row["Availability"]) == (volume, "a=b", "N/A")


def test_inspect_finds_all_kinds(rootbuild: Rootbuild, unique: Callable[..., str]) -> None:
    name, network, volume = unique("c"), unique("net"), unique("v")
    rootbuild("network", "create", network)
    rootbuild("volume", "create", volume)
    rootbuild("run", "-d", "--name", name, BASE, "sleep", "300")
    joined = "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}{{$net.IPAddress}}{{end}}"
    assert rootbuild("inspect", "-f", joined, name).stdout.startswith("bridge")
    assert rootbuild("inspect", "-f", "{{.Platform}}", name).stdout == "linux\n"
    found = json.loads(rootbuild("inspect", volume, name, network).stdout)
    assert [each["Name"] for each in found] == [volume, f"/{name}", network]
    typed = rootbuild("inspect", "--type", "network", "-f", "{{.Driver}}", network, "bridge")
    assert typed.stdout == "bridge\nbridge\n"
    assert rootbuild("network", "inspect", "bridge", "-f", "{{.Scope}}").stdout == "local\n"
    (described,) = json.loads(rootbuild("inspect", "--type", "volume", volume).stdout)
    assert "NeedsCopyUp" not in described
    refused = rootbuild("inspect", "--type", "volume", name, check=False)
    assert f"get {name}: no such volume" in refused.stderr


def test_one_error_in_docker_s_words(
    rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path
) -> None:
    name, network, volume, stopped = unique("c"), unique("net"), unique("v"), unique("c")
    rootbuild("create", "--name", stopped, BASE, "true")
    rootbuild("network", "create", network)
    rootbuild("run", "-d", "--name", name, "--network", network, "-v", f"{volume}:/data", BASE,
              "sh", "-c", "echo hello; sleep 300")  # fmt: skip
    refusals = {
        ("exec", "nope", "true"): "No such container: nope",
        ("logs", "--until", "1h", "nope"): "No such container: nope",
        ("attach", "nope"): "No such container: nope",
        ("exec", stopped, "true"): "container ",
        ("cp", "nope:/x", str(tmp_path)): "No such container: nope",
        ("cp", "a", "b"): "must specify at least one container source",
        ("cp", "/there/is/none", f"{name}:/"): "lstat /there/is/none: no such file or directory",
        ("rename", name, "a b"): "Invalid container name (a b)",
        ("network", "disconnect", network, "nope"): "No such container: nope",
        ("network", "connect", network, name): f"endpoint with name {name} already exists in",
        ("rmi", BASE): f'conflict: unable to remove repository reference "{BASE}:latest" (must',
        ("volume", "rm", volume): f"remove {volume}: volume is in use - [",
    }
    for words, message in refusals.items():
        done = rootbuild(*words, check=False)
        assert done.status == 1, done
        assert done.stderr.startswith(f"ERROR: {message}"), done
        assert "Error:" not in done.stderr, done
    assert rootbuild("run", "--name", "a b", BASE, check=False).status == 125
    assert rootbuild("logs", "--tail", "all", "--details", name).stdout == "hello\n"
    rootbuild("cp", f"{name}:/etc/passwd", str(tmp_path / "passwd"))
    assert (tmp_path / "passwd").read_text().startswith("root:")


def test_archives(rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path) -> None:
    name, image, other = unique("c"), f"{unique('img')}:1", f"{unique('img')}:2"
    rootbuild("run", "--name", name, BASE, "sh", "-c", "echo here > /new")
    assert "A /new" in rootbuild("diff", name).stdout
    made = rootbuild("commit", "-m", "why", "-c", 'CMD ["cat", "/new"]', name, image).stdout
    assert made.startswith("sha256:")
    assert rootbuild("run", "--rm", image).stdout == "here\n"
    rootbuild("export", "-o", str(tmp_path / "all.tar"), name)
    with tarfile.open(tmp_path / "all.tar") as archive:
        assert "new" in archive.getnames()
    imported = rootbuild("import", "--platform", "linux/arm64", str(tmp_path / "all.tar"), other)
    assert imported.stdout.startswith("sha256:")
    said = rootbuild("image", "inspect", "-f", "{{.Architecture}}", other).stdout
    assert said == "arm64\n"
    rootbuild("save", "-o", str(tmp_path / "both.tar"), image, other)
    rootbuild("rmi", image, other)
    with open(tmp_path / "both.tar", "rb") as file:
        assert sorted(rootbuild("load", stdin=file).stdout.splitlines()) == [
            f"Loaded image: {image}",
            f"Loaded image: {other}",
        ]
    for verb in ("commit", "export", "diff"):
        done = rootbuild(verb, "nope", check=False)
        assert done.status == 1
        assert "No such container: nope" in done.stderr


def test_prune(rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path) -> None:
    name, image, volume = unique("c"), f"{unique('img')}:1", unique("v")
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo {name} > /a\nRUN echo b > /b\n")
    rootbuild("build", "--layers=all", "-t", image, str(tmp_path))
    rootbuild("volume", "create", volume)
    rootbuild("run", "--name", name, "--label", f"of={name}", "-v", "/anonymous", image, "true")
    (mounted,) = json.loads(rootbuild("inspect", "-f", "{{json .Mounts}}", name).stdout)
    refused = rootbuild(
        "container", "prune", "--filter", f"label=of={name}", input="n\n", check=False
    )
    assert refused.status == 1
    assert "WARNING! This will remove all stopped containers." in refused.stdout
    said = rootbuild("container", "prune", "-f", "--filter", f"label=of={name}").stdout
    assert said.startswith("Deleted Containers:\n")
    assert "Total reclaimed space: " in said
    rootbuild("volume", "prune", "-f")
    left = rootbuild("volume", "ls", "-q").stdout.split()
    assert volume in left
    assert mounted["Name"] not in left
    rootbuild("volume", "rm", volume)
    # The results of steps are no dangling images, and no other prune takes an image with a name.
    rootbuild("image", "prune", "-f")
    kept = rootbuild("buildx", "du").stdout
    assert len(kept.splitlines()) > 3
    assert "CACHED" in rootbuild("build", "--layers=all", str(tmp_path)).stderr
    assert "Total:" in rootbuild("buildx", "prune", "-f").stdout
    assert "CACHED" in rootbuild("build", "--layers=all", str(tmp_path)).stderr
    assert "Total:" in rootbuild("buildx", "prune", "-f", "-a").stdout
    assert rootbuild("buildx", "du").stdout.startswith("Reclaimable:")
    assert rootbuild("run", "--rm", image, "cat", "/b").stdout == "b\n"


def test_disk_usage(rootbuild: Rootbuild) -> None:
    found = {row["Type"]: row for row in rows(rootbuild("system", "df", "--format", "json").stdout)}
    assert list(found) == ["Images", "Containers", "Local Volumes", "Build Cache"]
    assert int(found["Images"]["TotalCount"]) >= 3
    assert found["Images"]["Size"].endswith("MB") or found["Images"]["Size"].endswith("GB")


def test_disk_usage_in_detail(rootbuild: Rootbuild, unique: Callable[..., str]) -> None:
    name, volume = unique("c"), unique("v")
    rootbuild("run", "-d", "--name", name, "-v", f"{volume}:/data", BASE, "sleep", "300")
    said = rootbuild("system", "df", "-v").stdout
    assert [line for line in said.splitlines() if line.endswith(" usage:")] == [
        "Images space usage:",
        "Containers space usage:",
        "Local Volumes space usage:",
        "Build cache usage:",
    ]
    found = json.loads(rootbuild("system", "df", "-v", "--format", "json").stdout)
    assert list(found) == ["Images", "Containers", "Volumes", "BuildCache"]
    (container,) = [row for row in found["Containers"] if row["Names"] == name]
    assert (container["LocalVolumes"], container["State"]) == ("1", "running")
    (mounted,) = [row for row in found["Volumes"] if row["Name"] == volume]
    assert mounted["Links"] == "1"


def test_events(rootbuild: Rootbuild, unique: Callable[..., str]) -> None:
    """They come while something happens, and the engine's process ends with ours."""
    name = unique("c")
    argv = (*rootbuild.program, "events", "--format", "{{json .}}", "--filter", "event=die",
            "--filter", f"container={name}")  # fmt: skip
    with subprocess.Popen(argv, env=rootbuild.environment(), stdout=subprocess.PIPE) as watching:
        try:
            rootbuild("run", "--name", name, BASE, "true")
            rootbuild("start", "-a", name)
            assert watching.stdout is not None
            event = json.loads(watching.stdout.readline())
            assert (event["status"], event["Action"]) == ("die", "die")
            assert event["Actor"]["Attributes"]["name"] == name
        finally:
            watching.terminate()


def test_proxies_of_dockers_configuration(rootbuild: Rootbuild, tmp_path: Path) -> None:
    proxies = {"default": {"httpProxy": "http://user:word@p.example:1", "noProxy": "x"}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    env = {"DOCKER_CONFIG": str(tmp_path)}
    said = rootbuild("run", "--rm", "-e", "NO_PROXY=mine", BASE, "env", env=env).stdout
    assert "http_proxy=http://user:word@p.example:1\n" in said
    assert "NO_PROXY=mine\n" in said
    assert "no_proxy=x\n" in said

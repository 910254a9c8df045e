"""Example B on real engines: a Java service, built by Maven, on a network and on a host port."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Rootbuild

DOCKERFILE = """\
FROM diamol/maven AS builder
WORKDIR /usr/src/iotd
COPY pom.xml .
RUN mvn -B dependency:go-offline
COPY . .
RUN mvn package

FROM diamol/openjdk
WORKDIR /app
COPY --from=builder /usr/src/iotd/target/iotd-service-0.1.0.jar .
EXPOSE 80
ENTRYPOINT ["java", "-jar", "/app/iotd-service-0.1.0.jar"]
"""
PAGE = "<h1>Image of the day"
START_SECONDS = 30

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture
def image(top: Path, cached: Rootbuild, unique: Callable[..., str]) -> str:
    """The service's image; from the second time on, out of the cache."""
    tag = unique("b")
    cached("image", "build", "-t", tag, ".", cwd=top / "examples/b")
    return tag


def fetch(port: int) -> str:
    """The page as this host gets it, once the service is up."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                assert answer.status == 200
                text: str = answer.read().decode()
                return text
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_the_dockerfile_is_the_one_that_is_promised(top: Path) -> None:
    assert (top / "examples/b/Dockerfile").read_text() == DOCKERFILE


def test_the_image_holds_the_jre_and_the_jar_alone(cached: Rootbuild, image: str) -> None:
    look = "ls /app; command -v java; ls -d /usr/share/maven* /root/.m2 /usr/src/* || true"
    found = cached("run", "--rm", "--entrypoint", "sh", image, "-c", look).stdout.split()
    assert found == ["iotd-service-0.1.0.jar", "/usr/bin/java"]


def test_the_config_is_what_the_dockerfile_says(cached: Rootbuild, image: str) -> None:
    config = json.loads(cached("image", "inspect", image).stdout)[0]["Config"]
    assert config["Entrypoint"] == ["java", "-jar", "/app/iotd-service-0.1.0.jar"]
    assert config["WorkingDir"] == "/app"
    assert config["ExposedPorts"] == {"80/tcp": {}}


def test_the_unit_tests_ran_in_the_build(
    top: Path, cached: Rootbuild, unique: Callable[..., str], tmp_path: Path
) -> None:
    """A broken unit test breaks the build, and leaves the image that had the tag alone."""
    tag = unique("b")
    context = tmp_path / "b"
    for file in (top / "examples/b").rglob("*"):
        if file.is_file() and "target" not in file.parts:
            copy = context / file.relative_to(top / "examples/b")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    cached("build", "-t", tag, str(context))
    before = json.loads(cached("image", "inspect", tag).stdout)[0]["Id"]
    source = context / "src/main/java/iotd/Page.java"
    source.write_text(source.read_text().replace("&lt;", "&less;"))
    failed = cached("build", "-t", tag, str(context), check=False)
    assert failed.status == 1
    assert "textIsEscaped" in failed.stderr
    assert "RUN mvn package" in failed.stderr
    assert "CACHED" in failed.stderr  # the dependencies were not fetched again
    assert json.loads(cached("image", "inspect", tag).stdout)[0]["Id"] == before


def test_it_is_served_on_a_network_and_on_a_host_port(
    cached: Rootbuild, image: str, unique: Callable[..., str]
) -> None:
    network, name = unique("nat"), unique("iotd")
    cached("network", "create", network)
    cached("container", "run", "--name", name, "-d", "-p", "8800:80", "--network", network, image)
    assert PAGE in fetch(8800)
    client = ("container", "run", "--rm", "--network", network, "diamol/base")
    assert PAGE in cached(*client, "wget", "-q", "-O", "-", f"http://{name}/").stdout
    assert "GET /" in cached("container", "logs", name).stdout
    assert name in cached("container", "ls").stdout
    assert cached("container", "stop", name).stdout.strip() == name
    cached("container", "rm", name)
    cached("network", "rm", network)
    assert name not in cached("container", "ls", "-a").stdout
    assert network not in cached("network", "ls").stdout

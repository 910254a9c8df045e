"""docs/ci.md: all that is in it is read, and its scripts are run as far as that goes here."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from rootbuild.cli import registry as registry_of_commands
from rootbuild.cli.parse import parse
from rootbuild.lint.check import Lint, lint_data
from tests.clients import recipes
from tests.clients.recipes import Block
from tests.gitserver import git_daemon, origin
from tests.program import Rootbuild
from tests.registryserver import PASSWORD, USER, RegistryServer, registry_server

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RUN_HERE = [
    ("GitLab CI", "yaml"),
    ("GitHub Actions", "yaml"),
    ("Jenkins", "groovy"),
    ("Tekton", "yaml"),
    ("Kubernetes", "yaml"),
    ("Slurm", "bash"),
    ("Tools that call docker", "sh"),
]
READ_ONLY = [("What a runner needs", "dockerfile"), ("GitLab CI", "toml")]
NEEDS_ROOT = "sudo "

DOCKERFILE = """\
FROM {host}/base
RUN --mount=type=secret,id=npmrc --mount=type=ssh \\
    if [ -e /run/secrets/npmrc ]; then \\
        grep -q '^s.cret$' /run/secrets/npmrc && test -S "$SSH_AUTH_SOCK" || exit 1; \\
    fi; echo made > /made
COPY page /
"""
BAKE = 'target "default" { tags = ["app:1"] }\n'


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A registry that wants a password, with a base image in it."""
    with registry_server(tmp_path_factory.mktemp("recipes"), closed=True) as server:
        base = f"{server.host}/base"
        credentials = f"--creds={USER}:{PASSWORD}"
        push = ("buildah", "push", "--tls-verify=false", credentials)
        subprocess.run((*push, "diamol/base", f"docker://{base}"), check=True, capture_output=True)
        yield server


@pytest.fixture
def project(tmp_path: Path, registry: RegistryServer) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE.format(host=registry.host))
    (folder / "page").write_text("page\n")
    (folder / "docker-bake.hcl").write_text(BAKE)
    return folder


@pytest.fixture
def credentials(tmp_path: Path, registry: RegistryServer) -> Path:
    """A folder with Docker's configuration, as secrets of clusters are mounted."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    entry = {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
    (folder / "config.json").write_text(json.dumps({"auths": {registry.host: entry}}))
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    make = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file))
    subprocess.run(make, check=True, capture_output=True)
    return file


@pytest.fixture
def repository(project: Path, tmp_path: Path) -> Iterator[str]:
    """The project by its URL."""
    made = origin(tmp_path / "served" / "app.git")
    made.commit(**{file.name: file.read_text() for file in project.iterdir()})
    with git_daemon(tmp_path / "served") as url:
        yield f"{url}/app.git"


def values(host: str, credentials: Path, key: Path, url: str, project: Path) -> dict[str, str]:
    """What CI systems say by variables; each recipe takes its own of them."""
    return {
        "IMAGE": f"{host}/app:1",
        "REGISTRY": host,
        "NAME": f"{host}/app",
        "TAG": "1",
        "CI_REGISTRY": host,
        "CI_REGISTRY_IMAGE": f"{host}/app",
        **dict.fromkeys(("CI_REGISTRY_USER", "REGISTRY_USER", "ACTOR"), USER),
        **dict.fromkeys(("CI_REGISTRY_PASSWORD", "REGISTRY_PASSWORD", "PASSWORD"), PASSWORD),
        "NPMRC": "s3cret",
        "DEPLOY_KEY": str(key),
        "CACHE": f"{host}/cache",
        "CREDENTIALS": str(credentials / "config.json"),
        "SOURCE": url,
        "SLURM_SUBMIT_DIR": str(project),
    }


def test_all_of_the_page_is_known() -> None:
    assert [(each.heading, each.language) for each in recipes.blocks()] == [
        *READ_ONLY,
        *RUN_HERE,
    ]


@pytest.mark.parametrize("found", recipes.blocks(), ids=lambda b: f"{b.heading}-{b.language}")
def test_every_command_exists(found: Block) -> None:
    said = [each for script in recipes.scripts(found) for each in recipes.commands(script)]
    assert bool(said) == ((found.heading, found.language) in RUN_HERE)
    for name, words in said:
        known = registry_of_commands.find_command(words)
        assert known is not None, f"{name} {words}"
        command, called = known
        parse(command, words[len(called) :], called=called, program=name)  # raises for wrong flags


@pytest.mark.parametrize("found", recipes.blocks(), ids=lambda b: f"{b.heading}-{b.language}")
def test_scripts_are_sound_shell(found: Block) -> None:
    for script in recipes.scripts(found):
        checked = subprocess.run(("bash", "-n"), input=script, text=True, capture_output=True)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_runner_image_is_a_sound_dockerfile() -> None:
    found = recipes.block("What a runner needs", "dockerfile")
    result = lint_data(found.text.encode(), "Dockerfile", Lint())
    assert (result.error, list(result.warnings)) == (None, [])
    wanted = re.search(r"--no-install-recommends (.*?) && rm", found.text.replace("\\\n", ""))
    assert wanted is not None
    script = Path(__file__).parents[2] / "scripts" / "host" / "packages"
    tested = re.split(r'[\s"=]+', script.read_text())
    assert set(wanted[1].split()) - set(tested) == set()


def test_the_runner_settings_are_toml() -> None:
    found = tomllib.loads(recipes.block("GitLab CI", "toml").text)
    assert found["runners"][0]["docker"]["privileged"] is False


def test_every_step_that_needs_root_is_a_set_up() -> None:
    found = yaml.safe_load(recipes.block("GitHub Actions", "yaml").text)
    steps = found["jobs"]["image"]["steps"]
    rooted = [step["name"] for step in steps if NEEDS_ROOT in step.get("run", "")]
    assert rooted == ["Set up"]


@pytest.mark.engine
@pytest.mark.parametrize(("heading", "language"), RUN_HERE)
def test_a_recipe_is_run(
    heading: str,
    language: str,
    rootbuild: Rootbuild,
    new_home: Mapping[str, str],
    project: Path,
    registry: RegistryServer,
    credentials: Path,
    key: Path,
    repository: str,
) -> None:
    said = values(registry.host, credentials, key, repository, project)
    said["IMAGE"] = name = f"{registry.host}/app:{heading.split()[0].lower()}"
    said["CI_COMMIT_SHORT_SHA"] = said["TAG"] = name.rpartition(":")[2]
    if heading == "GitHub Actions":
        said["DEPLOY_KEY"] = key.read_text()
    if heading not in ("GitLab CI", "GitHub Actions", "Jenkins", "Tekton"):  # these log in
        said["DOCKER_CONFIG"] = str(credentials)
    environment = {**os.environ, **new_home, "XDG_CACHE_HOME": "", "XDG_STATE_HOME": "", **said}
    found = recipes.block(heading, language)
    shell = "/bin/sh" if "kind: " in found.text or language == "groovy" else "bash"
    for script in recipes.scripts(found):
        if NEEDS_ROOT in script:
            continue
        done = subprocess.run(
            (shell, "-e"),
            input=script,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        assert "s3cret" not in done.stdout + done.stderr
    asked = ("buildx", "imagetools", "inspect", "--format", "{{json .Image}}", name)
    shown = rootbuild(*asked, env={"DOCKER_CONFIG": str(credentials)})
    history = json.loads(shown.stdout)["history"]
    assert "COPY page /" in history[-1]["created_by"]
    assert "s3cret" not in shown.stdout
    left = new_home["HOME"] + "/.docker/config.json"
    if heading in ("GitLab CI", "Jenkins"):  # these log out
        assert "auths" not in Path(left).read_text() or registry.host not in Path(left).read_text()

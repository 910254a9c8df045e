"""From the command line of `run` to words for the engine."""

from __future__ import annotations

from pathlib import Path

from rootbuild.cli import registry
from rootbuild.cli.parse import parse
from rootbuild.cli.run import request
from rootbuild.runtime.run import arguments


def words(line: str, image: str = "IMAGE") -> tuple[str, ...]:
    argv = line.split()
    found = registry.find_command(argv)
    assert found is not None
    command, called = found
    parsed = parse(command, argv[len(called) :], called=called)
    detached = parsed.command.path[-1] == "create" or parsed.switch("detach")
    return arguments(request(parsed, detached=detached), image, Path("/cid"))


def test_as_in_the_readme() -> None:
    assert words("container run --name iotd -d -p 800:80 --network nat image-of-the-day") == (
        "run",
        "--name=iotd",
        "--network=nat",
        "--publish=800:80",
        "--cidfile=/cid",
        "--detach",
        "IMAGE",
    )


def test_the_command_is_left_alone() -> None:
    assert words("run --rm -it x sh -c --rm -- -p") == (
        "run",
        "--cidfile=/cid",
        "--rm",
        "--interactive",
        "--tty",
        "IMAGE",
        "sh",
        "-c",
        "--rm",
        "--",
        "-p",
    )


def test_options_of_real_clients() -> None:
    line = (
        "run --rm --tty -u 1000:1000 -v /a:/src:rw,Z --workdir /src --entrypoint x "
        "--mount type=bind,source=/a,target=/b,readonly --sig-proxy=false -a STDOUT "
        "--net=host --dns-opt ndots:1 --pull never --quiet --platform linux/amd64 img args"
    )
    assert words(line) == (
        "run",
        "--network=host",
        "--platform=linux/amd64",
        "--cidfile=/cid",
        "--rm",
        "--tty",
        "--user=1000:1000",
        "--volume=/a:/src:rw,Z",
        "--workdir=/src",
        "--entrypoint=x",
        "--mount=type=bind,source=/a,target=/b,readonly",
        "--sig-proxy=false",
        "--attach=STDOUT",
        "--dns-option=ndots:1",
        "IMAGE",
        "args",
    )


def test_long_form_of_a_network() -> None:
    line = "create --network name=nat,alias=web,ip=10.0.0.5 --network name=b x"
    assert words(line)[1:3] == ("--network=nat:alias=web,ip=10.0.0.5", "--network=b")

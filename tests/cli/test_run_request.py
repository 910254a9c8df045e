"""From the command line of `run` to words for the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.cli import registry
from rootbuild.cli.parse import parse
from rootbuild.cli.run import request
from rootbuild.errors import RuntimeRefusedError, UsageError
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


def test_names_of_hosts() -> None:
    line = "run --network host --add-host a=10.0.0.1 --add-host b:host-gateway x"
    assert words(line)[2:5] == ("--cidfile=/cid", "--add-host=a:10.0.0.1", "--add-host=b:127.0.0.1")


def test_local_volumes_are_the_usual_ones() -> None:
    assert words("run --volume-driver local x") == ("run", "--cidfile=/cid", "IMAGE")


@pytest.mark.parametrize(
    ("option", "id"), [("--link db", "not-supported"), ("--volume-driver nfs", "no-such-driver")]
)
def test_what_no_engine_does(option: str, id: str) -> None:
    with pytest.raises(RuntimeRefusedError) as caught:
        words(f"run {option} x")
    assert (caught.value.id, caught.value.exit_code) == (id, 125)


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--cpus x", '"x" for "--cpus" flag: failed to parse x as a rational number'),
        ("--cpus=1/0", '"1/0" for "--cpus" flag: failed to parse 1/0 as a rational number'),
        ("--cpus=1/3", '"1/3" for "--cpus" flag: value is too precise'),
        ("-m lots", '"lots" for "-m, --memory" flag: invalid size: \'lots\''),
        ("--shm-size 1x", '"1x" for "--shm-size" flag: invalid size: \'1x\''),
        ("--add-host a", '"a" for "--add-host" flag: bad format for add-host: "a"'),
    ],
)
def test_values_that_are_none(option: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        words(f"run {option} x")
    assert caught.value.report.message == f"invalid argument {why}"
    assert caught.value.exit_code == 125


def test_values_that_are_some() -> None:
    line = "run --cpus 1.5 -m 64m --memory-swap -1 --shm-size 1.5GiB x"
    assert words(line)[2:6] == (
        *("--cpus=1.5", "--memory=64m"),
        *("--memory-swap=-1", "--shm-size=1.5GiB"),
    )

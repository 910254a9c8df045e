"""Instructions and the text that they are written in, in whole builds."""

from __future__ import annotations

import pytest

from rootbuild.image.platform import build_platform
from tests.build.builds import Project

pytestmark = pytest.mark.engine


def test_another_escape_character_and_line_ends(project: Project) -> None:
    project.write(
        "Dockerfile",
        b"\xef\xbb\xbf# Escape=`\r\n# check=skip=all\r\nfrom diamol/base\r\n"
        b"RUN echo a\\b `\r\n  # a comment\r\n\r\n  '$HOME' `  \r\n c >/out\r\n"
        b"copy <<E /doc\r\n$PATH`x\r\nE\r\n",
    )
    result = project.build(None)
    assert "WARN" not in result.stderr
    assert project.run("cat", "/out") == "ab $HOME c\n"
    end = project.run("sh", "-c", "tail -c 5 /doc | od -An -c")
    assert end.split() == ["n", "`", "x", "\\r", "\\n"]


def test_users_and_their_groups(project: Project) -> None:
    account = "echo ann:x:10:20::/home/ann:/bin/sh >>/etc/passwd"
    groups = "echo one:x:31:ann >>/etc/group && echo two:x:32: >>/etc/group"
    project.build(
        f"FROM diamol/base\nRUN {account} && {groups} && touch /tmp/ids && chmod 666 /tmp/ids\n"
        "USER ann\nRUN echo $(id -u) $(id -G) $HOME >>/tmp/ids\n"
        "USER ann:two\nRUN echo $(id -u) $(id -G) >>/tmp/ids\n"
        "USER 10\nRUN echo $(id -u) $(id -G) >>/tmp/ids\n"
        "USER 4000\nRUN echo $(id -u) $(id -G) $HOME >>/tmp/ids\n"
        "ARG ID=4000:4001\nUSER $ID\nRUN echo $(id -u) $(id -G) >>/tmp/ids\n"
    )
    assert project.run("cat", "/tmp/ids").splitlines() == [
        *("10 20 31 /home/ann", "10 32", "10 20 31", "4000 0 /", "4000 4001"),
    ]
    assert project.inspect()["Config"]["User"] == "4000:4001"
    failed = project.build("FROM diamol/base\nUSER nobody-here\nRUN true\n", check=False)
    assert "unable to find user nobody-here: no matching entries in passwd file" in failed.stderr


def test_arguments_that_every_build_has(project: Project) -> None:
    project.build(
        "ARG ALL=$TARGETARCH-$BUILDOS\nFROM diamol/base\nRUN echo -$TARGETPLATFORM- >/out\n"
        "ARG TARGETPLATFORM TARGETVARIANT TARGETSTAGE ALL\n"
        "RUN echo $TARGETPLATFORM -$TARGETVARIANT- $TARGETSTAGE $ALL >>/out\n"
        "RUN echo $HTTPS_PROXY $https_proxy >>/out\n",
        *("--build-arg", "https_proxy=http://proxy.example"),
    )
    platform = build_platform()
    assert project.run("cat", "/out").splitlines() == [
        "--",
        f"{platform} -{platform.variant}- default {platform.architecture}-linux",
        "http://proxy.example http://proxy.example",
    ]
    assert "proxy.example" not in str(project.inspect())
    known = project.build(None, "--build-arg", "https_proxy=http://other.example")
    assert known.stderr.count(" CACHED\n") == 4

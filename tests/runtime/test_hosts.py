"""Names in /etc/hosts, and what stands for this host's address."""

from __future__ import annotations

import pytest

from rootbuild.errors import HostError
from rootbuild.runtime import hosts


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("a:10.0.0.1", "a:10.0.0.1"),
        ("a=10.0.0.1", "a:10.0.0.1"),
        ("a:2001:db8::2", "a:2001:db8::2"),
        ("a=[2001:db8::2]", "a:2001:db8::2"),
        ("a:host-gateway", "a:192.0.2.7"),
        ("a=host-gateway", "a:192.0.2.7"),
    ],
)
def test_forms(given: str, told: str) -> None:
    assert hosts.words([given], ["nat"], lambda: "192.0.2.7") == (f"--add-host={told}",)


def test_on_the_host_s_network_it_is_the_host_itself() -> None:
    assert hosts.words(["a:host-gateway"], ["host"]) == ("--add-host=a:127.0.0.1",)


def test_a_host_without_an_address() -> None:
    with pytest.raises(HostError) as caught:
        hosts.words(["a:host-gateway"], [], lambda: "")
    assert (caught.value.id, caught.value.exit_code) == ("no-host-gateway", 125)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("a", 'bad format for add-host: "a"'),
        (":10.0.0.1", 'bad format for add-host: ":10.0.0.1"'),
        ("a:b", 'invalid IP address in add-host: "b"'),
    ],
)
def test_wrong_ones(given: str, why: str) -> None:
    with pytest.raises(ValueError, match="add-host") as caught:
        hosts.parse(given)
    assert str(caught.value) == why

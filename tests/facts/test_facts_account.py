"""Who we are, and where our home is."""

from __future__ import annotations

import os
import pwd

import pytest

from rootbuild.facts.account import settle_home


@pytest.mark.parametrize("before", [{}, {"HOME": ""}])
def test_home_is_settled_where_it_is_not_given(before: dict[str, str]) -> None:
    environment = dict(before)
    settle_home(environment)
    assert environment["HOME"] == pwd.getpwuid(os.getuid()).pw_dir


def test_the_home_of_who_made_the_namespace() -> None:
    environment = {"_CONTAINERS_ROOTLESS_UID": str(pwd.getpwnam("daemon").pw_uid)}
    settle_home(environment)
    assert environment["HOME"] == pwd.getpwnam("daemon").pw_dir


def test_a_given_home_stays() -> None:
    environment = {"HOME": "/given"}
    settle_home(environment)
    assert environment == {"HOME": "/given"}


def test_a_user_that_is_nowhere_written_down() -> None:
    environment = {"_CONTAINERS_ROOTLESS_UID": "4294967"}
    settle_home(environment)
    assert environment["HOME"] == "/"

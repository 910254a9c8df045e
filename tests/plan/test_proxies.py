from __future__ import annotations

from rootbuild.plan.proxies import proxies


def test_both_cases_however_they_are_given() -> None:
    given = {"Https_Proxy": "s", "no_proxy": "n", "ALL_PROXY": "a", "FTP_PROXY": "", "X": "x"}
    assert proxies(given, ()) == (
        ("HTTPS_PROXY", "s"),
        ("https_proxy", "s"),
        ("NO_PROXY", "n"),
        ("no_proxy", "n"),
        ("ALL_PROXY", "a"),
        ("all_proxy", "a"),
    )


def test_the_last_one_in_order_counts() -> None:
    assert proxies({"http_proxy": "lower", "HTTP_PROXY": "upper"}, {"HTTP_PROXY"}) == (
        ("http_proxy", "lower"),
    )

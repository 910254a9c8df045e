"""Failures of engines are shown with what the engine said."""

from collections.abc import Iterator

import pytest

from rootbuild.errors import RootbuildError


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, RootbuildError):
        item.add_report_section(call.when, "engine", error.report.detail)
    yield

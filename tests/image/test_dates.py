"""Dates as engines and configs write them."""

import pytest

from rootbuild.image import dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456_789),
        ("1970-01-01T01:00:00.000000001+01:00", 1),
        ("1970-01-02T00:00:00+00:00", 86_400_000_000_000),
    ],
)
def test_a_date_is_read_to_the_nanosecond(text: str, expected: int) -> None:
    assert dates.nanoseconds(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "1970-01-01T00:00:00.5Y"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        dates.nanoseconds(text)


def test_what_is_written_is_read_again() -> None:
    assert dates.nanoseconds(dates.date(1_700_000_000)) == 1_700_000_000 * dates.SECOND

import pytest

from rootbuild.errors import BuildError
from rootbuild.files.mode import parse_chmod


@pytest.mark.parametrize(
    ("text", "before", "directory", "after"),
    [
        ("0", 0o644, False, 0),
        ("755", 0o644, False, 0o755),
        ("07777", 0o644, True, 0o7777),
        ("0644", 0o4755, False, 0o644),
        ("u=rwX,go=rX", 0o600, False, 0o644),
        ("u=rwX,go=rX", 0o700, False, 0o755),
        ("u=rwX,go=rX", 0o600, True, 0o755),
        ("+x", 0o644, False, 0o755),
        ("-w", 0o666, False, 0o444),
        ("a=r", 0o777, False, 0o444),
        ("g=u", 0o740, False, 0o770),
        ("o=g", 0o640, False, 0o644),
        ("g+u", 0o740, False, 0o770),
        ("go-rwx", 0o777, False, 0o700),
        ("u+s", 0o755, False, 0o4755),
        ("g+s", 0o755, False, 0o2755),
        ("+t", 0o777, True, 0o1777),
        ("ug+s,o-rx", 0o755, False, 0o6750),
        ("u=", 0o755, False, 0o055),
        ("u=rx", 0o4755, False, 0o555),
        ("u=rwx", 0o2755, True, 0o2755),
        ("u+r-w", 0o200, False, 0o400),
        ("uo+x", 0o644, False, 0o745),
        ("a+X", 0o644, False, 0o644),
        ("a+X", 0o744, False, 0o755),
    ],
)
def test_applies(text: str, before: int, directory: bool, after: int) -> None:
    assert oct(parse_chmod(text).apply(before, directory=directory)) == oct(after)


@pytest.mark.parametrize(
    "text", ["10000", "64a", "999", "-1", "rwx", "u=rq", "u+r,", "", "u", "7,"]
)
def test_refuses_with_buildkits_words(text: str) -> None:
    with pytest.raises(BuildError) as caught:
        parse_chmod(text)
    assert str(caught.value) == (
        f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"
    )

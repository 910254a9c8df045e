"""Which words announce a heredoc, and what their names are."""

from __future__ import annotations

import pytest

from rootbuild.dockerfile.heredoc import (
    Marker,
    chomp_tabs,
    is_marker,
    markers_in,
    read_marker,
)
from rootbuild.dockerfile.substitution import LexError


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("<<EOF", Marker("EOF", expand=True, chomp=False, fd=0)),
        ("<<-EOF", Marker("EOF", expand=True, chomp=True, fd=0)),
        ("<< EOF", Marker("EOF", expand=True, chomp=False, fd=0)),
        ("<<- EOF", Marker("EOF", expand=True, chomp=True, fd=0)),
        ("<< -EOF", Marker("-EOF", expand=True, chomp=False, fd=0)),
        ("3<<EOF", Marker("EOF", expand=True, chomp=False, fd=3)),
        ("12<<-EOF", Marker("EOF", expand=True, chomp=True, fd=12)),
        ("<<'EOF'", Marker("EOF", expand=False, chomp=False, fd=0)),
        ('<<"EOF"', Marker("EOF", expand=False, chomp=False, fd=0)),
        ('<<E"O"F', Marker("EOF", expand=False, chomp=False, fd=0)),
        ("<<eo'f'", Marker("eof", expand=False, chomp=False, fd=0)),
        ("<<eo\\'f", Marker("eo'f", expand=True, chomp=False, fd=0)),
        ("<<'e'o\\'f", Marker("eo'f", expand=False, chomp=False, fd=0)),
        ("<<'one two'", Marker("one two", expand=False, chomp=False, fd=0)),
        ("<<$EOF", Marker("$EOF", expand=True, chomp=False, fd=0)),
        ("<<${EOF}", Marker("${EOF}", expand=True, chomp=False, fd=0)),
        ("<<file.txt", Marker("file.txt", expand=True, chomp=False, fd=0)),
    ],
)
def test_markers(word: str, expected: Marker) -> None:
    assert read_marker(word) == expected
    assert is_marker(word)


@pytest.mark.parametrize(
    "word", ["", "EOF", "<EOF", "<<", "<<-", "<< ", "<<<EOF", "<<E<F", "x<<EOF", "<<EOF sh", '<<""']
)
def test_other_words(word: str) -> None:
    assert read_marker(word) is None
    assert not is_marker(word)


@pytest.mark.parametrize("word", ["<<'EOF", '<<"EOF', "<<EOF'", "<<${"])
def test_unbalanced(word: str) -> None:
    with pytest.raises(LexError):
        read_marker(word)
    assert not is_marker(word)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("RUN <<EOF", ["EOF"]),
        ("RUN <<A cat <<B", ["A", "B"]),
        ("RUN <<  A  > x", ["A"]),
        ("RUN <<-  A", ["A"]),
        ("RUN << -A", ["-A"]),
        ("RUN cat <<'A B' 4<<C", ["A B", "C"]),
        ("RUN '<<A' \"<<B\" \\<<C", []),
        ("RUN <<<A", []),
        ("RUN a<<B", []),
        ("RUN <<A<<B", []),
        # Shell arithmetic is not known here, nor is it to BuildKit.
        ("RUN echo $((1<<2))", []),
        ("RUN echo $((1 <<2))", ["2))"]),
        ("RUN don't <<A", []),
        ("RUN ${} <<A", []),
        ("RUN ${X:-y} <<A", ["A"]),
        ("RUN plain", []),
    ],
)
def test_lines(line: str, names: list[str]) -> None:
    assert [marker.name for marker in markers_in(line)] == names


def test_chomp() -> None:
    assert chomp_tabs("\t\ta\n\n \tb\n\tc\td\n") == "a\n\n \tb\nc\td\n"

"""Expressions of HCL: operators, templates, loops, functions."""

from __future__ import annotations

from typing import Any

import pytest

from rootbuild.bake.failure import BakeError
from tests.bake.definitions import value


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("7 / 2", 3.5),
        ("-7 % 3", -1),
        ('"2" + 1', 3),
        ("1 < 2 && !(2 <= 1)", True),
        ("false || 1 == 1", True),
        ('1 == "1"', False),
        ("[1, 2] == [1, 2]", True),
        ('true ? "a" : 1', "a"),
        ('false ? "a" : 1', "1"),
        ("[1, 2][1]", 2),
        ('{a = {b = "c"}}.a.b', "c"),
        ('{"a" = 1, (x) = 2, in : 3}', {"a": 1, "q": 2, "in": 3}),
        ("[{a = 1}, {a = 2}][*].a", [1, 2]),
        ("[{a = [5]}].*.a[0]", [5]),
        ("[for v in [1, 2, 3] : v * 2 if v > 1]", [4, 6]),
        ('[for i, v in ["a", "b"] : "${i}${v}"]', ["0a", "1b"]),
        ("{for k, v in {a = 1, b = 2} : upper(k) => v}", {"A": 1, "B": 2}),
        ('{for v in ["ab", "ac", "b"] : substr(v, 0, 1) => v...}', {"a": ["ab", "ac"], "b": ["b"]}),
        ("max([1, 5, 3]...)", 5),
        ("null", None),
    ],
)
def test_operators(expression: str, expected: Any) -> None:
    assert value(expression, x='"q"') == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"a-${x}-${1 + 1}"', "a-q-2"),
        ('"${[1, 2]}"', [1, 2]),
        ('"$${x} %%{if}"', "${x} %{if}"),
        (r'"\"\t\\ é"', '"\t\\ é'),
        ('"%{ if x == "q" }yes%{ else }no%{ endif }"', "yes"),
        ('"%{ if false }yes%{ endif }"', ""),
        ('"%{ for v in [1, 2] }<${v}>%{ endfor }"', "<1><2>"),
        ('"a %{~ if true ~} b %{ endif }"', "ab "),
        ('"%{ for v in [1, 2] }%{ if v == 2 }${v}%{ endif }%{ endfor }"', "2"),
        ('<<EOT\na ${x}\n  "b" \\n\nEOT', 'a q\n  "b" \\n\n'),
        ("<<-EOT\n    a\n      b\n    EOT", "a\n  b\n"),
        ('<<EOT\n${upper("x")} $${y}\nEOT', "X ${y}\n"),
    ],
)
def test_templates(expression: str, expected: Any) -> None:
    assert value(expression, x='"q"') == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("absolute(-3)", 3),
        ("ceil(1.2)", 2),
        ("floor(-1.2)", -2),
        ("int(-1.9)", -1),
        ("log(8, 2)", 3),
        ("min(3, 1, 2)", 1),
        ('parseint("ff", 16)', 255),
        ("pow(2, 10)", 1024),
        ("signum(-4)", -1),
        ("divide(6, 4)", 1.5),
        ("modulo(7, 4)", 3),
        ("and(true, false)", False),
        ('notequal("a", "b")', True),
        ('basename("/a/b/")', "b"),
        ('dirname("/a/b")', "/a"),
        ('byteslen("é")', 2),
        ('strlen("é")', 1),
        ('chomp("a\\n")', "a"),
        ('format("%s-%03d-%.2f-%t-%%", "a", 7, 1.5, true)', "a-007-1.50-true-%"),
        ('format("%-4s|%4s|%q", "a", "b", "c")', 'a   |   b|"c"'),
        ('formatlist("%s=%d", ["a", "b"], [1, 2])', ["a=1", "b=2"]),
        ('indent(2, "a\\nb")', "a\n  b"),
        ('join(",", ["a"], ["b", 1])', "a,b,1"),
        ('regex("([a-z]+)([0-9]+)", "ab12")', ["ab", "12"]),
        ('regex("(?P<name>[a-z]+)", "12ab")', {"name": "ab"}),
        ('regexall("[0-9]", "a1b2")', ["1", "2"]),
        ('regex_replace("v1.2", "([0-9])[.]([0-9])", "$2-${1}")', "v2-1"),
        ('replace("a.b.c", ".", "_")', "a_b_c"),
        ('sanitize("a/b:c")', "a_b_c"),
        ('split(",", "a,b")', ["a", "b"]),
        ('substr("hello", -3, 2)', "ll"),
        ('title("a bc")', "A Bc"),
        ('trim("--a-", "-")', "a"),
        ('trimprefix("v1", "v")', "1"),
        ('trimsuffix("a.git", ".git")', "a"),
        ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
        ('coalesce(null, "a")', "a"),
        ("coalescelist([], [1])", [1]),
        ('compact(["a", "", null])', ["a"]),
        ("concat([1], [2, 3])", [1, 2, 3]),
        ('contains(["a"], "a")', True),
        ("distinct([1, 2, 1])", [1, 2]),
        ("element([1, 2, 3], 4)", 2),
        ("flatten([1, [2, [3]]])", [1, 2, 3]),
        ('hasindex({a = 1}, "b")', False),
        ('indexof(["a", "b"], "b")', 1),
        ('jsondecode("{\\"a\\": [1]}")', {"a": [1]}),
        ('jsonencode({b = [1, true], a = "<"})', '{"a":"\\u003c","b":[1,true]}'),
        ("keys({b = 1, a = 2})", ["a", "b"]),
        ("values({b = 1, a = 2})", [2, 1]),
        ('lookup({a = 1}, "b", 5)', 5),
        ("merge({a = 1}, {a = 2, b = 3})", {"a": 2, "b": 3}),
        ("range(3)", [0, 1, 2]),
        ("range(1, 6, 2)", [1, 3, 5]),
        ("range(3, 0)", [3, 2, 1]),
        ("slice([1, 2, 3], 1, 3)", [2, 3]),
        ('sort(["b", "a"])', ["a", "b"]),
        ('zipmap(["a"], [1])', {"a": 1}),
        ('csvdecode("a,b\\n1,2\\n")', [{"a": "1", "b": "2"}]),
        ('setintersection(["a", "b"], ["b"])', ["b"]),
        ('setsubtract(["a", "b"], ["b"])', ["a"]),
        ('setsymmetricdifference(["a", "b"], ["b", "c"])', ["a", "c"]),
        ('setunion(["b"], ["a"])', ["a", "b"]),
        ('setproduct(["a"], [1, 2])', [["a", 1], ["a", 2]]),
        ('base64decode(base64encode("é"))', "é"),
        ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
        ('sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ('urlencode("a b/c")', "a+b%2Fc"),
        ('uuidv5("dns", "example.com")', "cfbff0d1-9375-5685-968c-48ce8b15ae17"),
        ('formatdate("YYYY-MM-DD\'T\'hh:mm:ssZ", "2024-02-03T04:05:06Z")', "2024-02-03T04:05:06Z"),
        ('timeadd("2024-02-03T04:05:06Z", "-1h30m")', "2024-02-03T02:35:06Z"),
        ('cidrhost("10.1.0.0/16", 5)', "10.1.0.5"),
        ('cidrnetmask("10.0.0.0/12")', "255.240.0.0"),
        ('cidrsubnet("10.0.0.0/8", 8, 2)', "10.2.0.0/16"),
        ('cidrsubnets("10.0.0.0/8", 8, 8)', ["10.0.0.0/16", "10.1.0.0/16"]),
        ('can(parseint("x", 10))', False),
        ('try(parseint("x", 10), 0)', 0),
        ('convert("5", number)', 5),
        ('length(["a"])', 1),
    ],
)
def test_functions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nope", 'no variable named "nope"'),
        ("upperr(1)", 'no function named "upperr"'),
        ("upper()", "it takes 1 arguments, not 0"),
        ("1 / 0", "division by zero"),
        ('"a" + 1', "a number is required"),
        ("[1][3]", "this list has 1 elements"),
        ('{a = 1}["b"]', 'none named "b"'),
        ('"${[1]}-"', "string required"),
        ("[for v in 1 : v]", "non-iterable"),
        ("{for v in [1, 2] : 1 => v}", "Duplicate object key"),
        ('"%{ if true }a"', "Unclosed if"),
        ("[1, 2", "Invalid expression"),
        ("v", "variable cycle not allowed for v"),
        ('regex("(", "a")', "invalid regexp"),
        ('format("%d", "x")', "a number is required"),
    ],
)
def test_mistakes(expression: str, message: str) -> None:
    with pytest.raises(BakeError) as caught:
        value(expression)
    assert message in caught.value.report.message
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 1

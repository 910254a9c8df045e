"""Each rule where it speaks and where it does not."""

from __future__ import annotations

import pytest

from rootbuild.image.config import ImageConfig
from rootbuild.lint.rules import RULES
from tests.lint.linted import found, messages, result

EXPERIMENTAL = "# check=experimental=all\n"

# Rule, a Dockerfile that breaks it, the lines.
BROKEN = [
    ("StageNameCasing", "FROM scratch AS BadStageName", [1]),
    ("FromAsCasing", "FROM scratch as base", [1]),
    ("FromAsCasing", "from scratch AS base", [1]),
    ("FromAsCasing", "FROM --platform=$BUILDPLATFORM scratch \\\n  as base", [1]),
    ("NoEmptyContinuation", "FROM scratch\nCOPY a \\\n\n.\n", [4]),
    ("ConsistentInstructionCasing", "From scratch AS a\nFROM scratch AS b", [1]),
    ("ConsistentInstructionCasing", "FROM scratch\ncopy a /a\nCOPY b /b", [2]),
    ("ConsistentInstructionCasing", "FROM scratch\ncopy a /a\ncopy b /b", [1]),
    ("ConsistentInstructionCasing", "FROM scratch\ncopy a /a", [2]),
    ("DuplicateStageName", "FROM scratch AS b\nFROM scratch AS b", [2]),
    ("DuplicateStageName", "FROM scratch AS b\nFROM scratch AS c\nFROM scratch AS b", [3]),
    ("ReservedStageName", "FROM scratch AS scratch\nFROM busybox AS context", [1, 2]),
    ("JSONArgsRecommended", "FROM scratch\nCMD mycommand", [2]),
    ("JSONArgsRecommended", "FROM scratch\nENTRYPOINT mycommand", [2]),
    ("JSONArgsRecommended", "FROM scratch\nCMD ['a', 'b']", [2]),
    ("MaintainerDeprecated", "FROM scratch\nMAINTAINER me@example.org", [2]),
    ("UndefinedArgInFrom", "FROM --platform=linux/${NOARCH}amd64 busybox", [1]),
    ("UndefinedArgInFrom", "ARG tag=latest\nFROM busybox:${tag}${version} AS b", [2]),
    ("WorkdirRelativePath", "FROM scratch\nWORKDIR app/", [2]),
    ("WorkdirRelativePath", "FROM scratch\nWORKDIR app/\nWORKDIR b", [2]),
    ("UndefinedVar", "FROM alpine\nCOPY $foo .\nARG foo=bar", [2]),
    ("UndefinedVar", "FROM alpine\nENV PATH=$PAHT:/tmp/bin", [2]),
    ("UndefinedVar", "FROM alpine\nENV a=2 b=$a", [2]),
    ("UndefinedVar", "FROM alpine\nLABEL a=$b\nUSER $u\nWORKDIR /$w\nVOLUME $v", [2, 3, 4, 5]),
    ("UndefinedVar", "FROM alpine\nSTOPSIGNAL ${s:-9}", [2]),
    ("UndefinedVar", "FROM alpine\nCOPY --chown=$o --chmod=0$m a b", [2, 2]),
    ("UndefinedVar", "FROM alpine\nCOPY <<E /x\n$body\nE", [2]),
    ("UndefinedVar", "FROM alpine\nRUN --mount=type=cache,target=/c/$id true", [2]),
    ("UndefinedVar", "ARG above=1\nFROM alpine\nENV x=$above", [3]),
    ("UndefinedVar", "FROM alpine\nARG b=$c", [2]),
    ("UndefinedVar", "FROM scratch AS a\nCOPY $foo .\nFROM scratch AS b\nCOPY $bar .", [2, 4]),
    (
        "MultipleInstructionsDisallowed",
        'FROM scratch\nCMD ["a"]\nENTRYPOINT ["a"]\nCMD ["b"]\nENTRYPOINT ["b"]\nCMD ["c"]',
        [2, 3, 4],
    ),
    (
        "MultipleInstructionsDisallowed",
        "FROM scratch\nHEALTHCHECK CMD a\nCOPY a a\nHEALTHCHECK NONE",
        [2],
    ),
    ("LegacyKeyValueFormat", "FROM scratch\nENV a b\nLABEL c d", [2, 3]),
    ("RedundantTargetPlatform", "FROM --platform=$TARGETPLATFORM scratch", [1]),
    ("RedundantTargetPlatform", "FROM --platform=${TARGETPLATFORM} scratch", [1]),
    (
        "SecretsUsedInArgOrEnv",
        "FROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=f\nENV password=b secret=z\n"
        "ARG super_duper_secret_token=f auth=b\nENV apikey=b sunflower=f\nENV git_key=",
        [2, 3, 4, 4, 5, 5, 6, 7],
    ),
    ("SecretsUsedInArgOrEnv", "FROM scratch\nENV aws_credentials=a\nENV a_pword_b=1", [2, 3]),
    ("InvalidDefaultArgInFrom", "ARG VERSION\nFROM busybox:$VERSION", [2]),
    ("InvalidDefaultArgInFrom", 'ARG SFX="box:"\nFROM busy${SFX}', [2]),
    ("FromPlatformFlagConstDisallowed", "FROM --platform=linux/amd64 scratch", [1]),
    ("FromPlatformFlagConstDisallowed", "FROM --platform=linux/amd64 scratch AS arm", [1]),
    ("ExposeProtoCasing", "FROM scratch\nEXPOSE 80/TCP 81/tcp 82/Udp", [2, 2]),
    ("ExposeProtoCasing", "FROM scratch\nARG p=TCP\nEXPOSE 80/$p", [3]),
    ("ExposeInvalidFormat", "FROM scratch\nEXPOSE 127.0.0.1:80:80\nEXPOSE 5000:5000", [2, 3]),
]

# Rule, a Dockerfile that keeps it.
KEPT = [
    ("StageNameCasing", "FROM scratch AS good-name"),
    ("FromAsCasing", "from scratch as a\nFROM scratch AS b\nFrOm scratch as c"),
    ("NoEmptyContinuation", "FROM scratch\nCOPY a \\\n# why\n."),
    ("ConsistentInstructionCasing", "from scratch\ncopy a /a"),
    ("ConsistentInstructionCasing", "arg a=1\nFROM scratch\nCOPY a /a"),
    ("ConsistentInstructionCasing", "FROM alpine\nRUN <<'E'\nenv\nE"),
    ("DuplicateStageName", "FROM scratch AS b1\nFROM scratch AS b2"),
    ("ReservedStageName", "FROM scratch\nFROM scratch AS a"),
    ("JSONArgsRecommended", 'FROM scratch\nCMD ["a"]\nENTRYPOINT []\nRUN a'),
    ("JSONArgsRecommended", 'FROM scratch\nSHELL ["/sh"]\nCMD mycommand'),
    ("JSONArgsRecommended", 'FROM scratch AS a\nSHELL ["/sh"]\nFROM a\nENTRYPOINT mycommand'),
    ("MaintainerDeprecated", "FROM scratch\nLABEL maintainer=me"),
    ("UndefinedArgInFrom", "ARG base=scratch\nFROM $base"),
    ("UndefinedArgInFrom", "FROM --platform=$BUILDPLATFORM scratch\nFROM a-$TARGETSTAGE"),
    ("UndefinedArgInFrom", "ARG V\nFROM busybox:x$V"),
    ("WorkdirRelativePath", "FROM scratch AS a\nWORKDIR /app\nFROM a AS b\nWORKDIR sub/"),
    ("WorkdirRelativePath", "FROM scratch\nARG d=/x\nWORKDIR $d"),
    ("UndefinedVar", "FROM scratch\nARG foo\nCOPY Dockerfile${foo} ."),
    ("UndefinedVar", "FROM alpine AS base\nARG foo=x\nFROM base\nCOPY $foo ."),
    ("UndefinedVar", "FROM alpine AS base\nARG foo\nFROM base\nCOPY $foo ."),
    ("UndefinedVar", 'FROM alpine\nRUN echo $X\nCMD ["$X"]\nHEALTHCHECK CMD $X\nEXPOSE $X'),
    ("UndefinedVar", "FROM scratch\nENV PATH=/x:$PATH\nENV e=1\nLABEL a=$e"),
    ("UndefinedVar", "ARG g=1\nFROM alpine\nARG g\nENV x=$g"),
    ("UndefinedVar", "FROM alpine\nARG a=1 b=$a"),
    ("UndefinedVar", "FROM alpine\nCOPY '$foo' \\$bar /"),
    ("UndefinedVar", "FROM alpine\nCOPY <<'E' /x\n$body\nE\nRUN <<E\n$body\nE"),
    ("UndefinedVar", "FROM alpine\nLABEL a=$BUILDKIT_SBOM_SCAN_STAGE"),
    ("UndefinedVar", "FROM alpine\nRUN --mount=from=$x,target=/a true"),
    ("MultipleInstructionsDisallowed", 'FROM scratch AS a\nCMD ["a"]\nFROM a\nCMD ["b"]'),
    ("LegacyKeyValueFormat", "FROM scratch\nENV a=b\nLABEL c=d"),
    ("RedundantTargetPlatform", "FROM --platform=$BUILDPLATFORM scratch"),
    ("RedundantTargetPlatform", "FROM --platform=$TARGETOS/$TARGETARCH scratch"),
    ("SecretsUsedInArgOrEnv", "FROM scratch\nARG monkey=1\nENV PUBLIC_KEY=1 SECRET_FILE=2"),
    ("SecretsUsedInArgOrEnv", "FROM scratch\nENV TOKEN_VERSION=1 tokens=2 mypassword=3"),
    ("SecretsUsedInArgOrEnv", "ARG SECRET=1\nFROM scratch"),
    ("InvalidDefaultArgInFrom", 'ARG V="latest"\nFROM busybox:${V}'),
    ("InvalidDefaultArgInFrom", "ARG V\nFROM busybox:stable${V}"),
    ("FromPlatformFlagConstDisallowed", "FROM --platform=linux/amd64 scratch AS my_amd64_stage"),
    ("FromPlatformFlagConstDisallowed", "FROM --platform=linux/amd64 scratch AS Linux"),
    ("FromPlatformFlagConstDisallowed", "FROM --platform=$BUILDPLATFORM scratch"),
    ("ExposeProtoCasing", "FROM scratch\nEXPOSE 80/tcp 81"),
    ("ExposeInvalidFormat", "FROM scratch\nEXPOSE 80-90/udp"),
]


@pytest.mark.parametrize(("rule", "text", "lines"), BROKEN)
def test_speaks(rule: str, text: str, lines: list[int]) -> None:
    assert [line for name, line in found(text) if name == rule] == lines


@pytest.mark.parametrize(("rule", "text"), KEPT)
def test_is_silent(rule: str, text: str) -> None:
    assert rule not in [name for name, _ in found(text)]


def test_every_rule_is_in_a_table() -> None:
    elsewhere = {"InvalidBaseImagePlatform", "CopyIgnoredFile", "InvalidDefinitionDescription"}
    assert len(RULES) == 22
    assert {name for name, _, _ in BROKEN} == set(RULES) - elsewhere == {name for name, _ in KEPT}


def test_copy_of_what_is_ignored() -> None:
    text = "FROM scratch\nCOPY Dockerfile .\nADD ./Dockerfile https://a/Dockerfile /x/\nCOPY a /"
    assert found(text, "Dockerfile") == []
    assert found(EXPERIMENTAL + text, "Dockerfile") == [
        ("CopyIgnoredFile", 3),
        ("CopyIgnoredFile", 4),
    ]
    assert found(EXPERIMENTAL + text, "*\n!a") == []
    assert found(EXPERIMENTAL + text, "") == []
    assert found(EXPERIMENTAL + "FROM scratch\nCOPY --from=a /Dockerfile /", "Dockerfile") == []
    everything = EXPERIMENTAL + "FROM scratch\nCOPY . /a\nCOPY / /b"
    assert found(everything, "a\nb") == []
    for pattern in ("*", "**", "**/*"):
        assert [line for _, line in found(everything, pattern)] == [3, 4]
    assert messages_of_ignored(text) == [
        'Attempting to Copy file "Dockerfile" that is excluded by .dockerignore',
        'Attempting to Add file "Dockerfile" that is excluded by .dockerignore',
    ]


def messages_of_ignored(text: str) -> list[str]:
    return [
        warning.message for warning in result(EXPERIMENTAL + text, ignore="Dockerfile").warnings
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# bar this is the bar\nARG foo=bar\nFROM scratch", [3]),
        ("# foo is it\nARG foo=bar\n# base is it\nFROM scratch AS base", []),
        ("# any\nFROM scratch AS base", [3]),
        ("# BasE is it\nFROM scratch AS base", [3]),
        ("# any\n\nFROM scratch AS base", []),
        ("# any\n#\nFROM scratch AS base", []),
        ("# any\nFROM scratch", []),
        ("# any\n# a is it\nARG a b\nFROM scratch", []),
        ("# any\nRUN x", []),
    ],
)
def test_descriptions(text: str, lines: list[int]) -> None:
    whole = text if "FROM" in text else f"FROM scratch\n{text}"
    rule = "InvalidDefinitionDescription"
    assert [n for name, n in found(f"{EXPERIMENTAL}{whole}") if name == rule] == lines
    assert rule not in [name for name, _ in found(whole)]


def test_description_tells_the_form() -> None:
    assert messages(EXPERIMENTAL + "# any\nARG a b\nFROM scratch") == [
        "InvalidDefinitionDescription: Comment for ARG should follow the format: "
        "`# <arg_key> <description>` (line 3)"
    ]


def test_platform_of_the_base() -> None:
    arm = ImageConfig(architecture="arm64")
    wrong = result("FROM base-image", base=arm).warnings
    assert [str(warning) for warning in wrong] == [
        "InvalidBaseImagePlatform: Base image base-image was pulled with platform "
        '"linux/arm64", expected "linux/amd64" for current build (line 1)'
    ]
    assert result("FROM base-image", base=ImageConfig()).warnings == ()
    assert result("FROM --platform=linux/arm64 base-image AS arm64", base=arm).warnings == ()


def test_config_of_the_base_counts() -> None:
    base = ImageConfig(env=(("GIVEN", "1"),), shell=("/bin/bash", "-c"))
    text = "FROM base-image\nENV a=$GIVEN\nCMD run"
    assert result(text, base=base).warnings == ()
    assert [name for name, _ in found(text)] == ["UndefinedVar", "JSONArgsRecommended"]


def test_suggestions() -> None:
    assert messages("FROM alpine\nARG DIR_A=1\nARG DIR_ASSETS=a\nCOPY $DIR_ASSET .") == [
        "UndefinedVar: Usage of undefined variable '$DIR_ASSET' (did you mean $DIR_ASSETS?) "
        "(line 4)"
    ]
    assert messages("FROM --platform=$BULIDPLATFORM scratch") == [
        "UndefinedArgInFrom: FROM argument 'BULIDPLATFORM' is not declared "
        "(did you mean BUILDPLATFORM?) (line 1)"
    ]


def test_whole_file_or_what_the_target_needs() -> None:
    text = "FROM scratch AS a\nENV a b\nFROM scratch AS b\nENV c d\nFROM b"
    lines = {
        "needed": [w.location.start for w in result(text, whole=False).warnings],
        "whole": [w.location.start for w in result(text).warnings],
        "target": [w.location.start for w in result(text, target="a").warnings],
    }
    assert lines == {"needed": [4], "whole": [2, 4], "target": [2]}


def test_urls_and_descriptions() -> None:
    (warning,) = result("FROM scratch\nCMD run").warnings
    assert warning.url == "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/"
    assert warning.description == (
        "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to "
        "OS signals"
    )


def test_an_error_comes_with_the_warnings_so_far() -> None:
    outcome = result("FROM scratch AS BadStageName\nFROM $nothing\nENV a b")
    assert [warning.rule for warning in outcome.warnings] == [
        "StageNameCasing",
        "InvalidDefaultArgInFrom",
        "UndefinedArgInFrom",
    ]
    assert outcome.error is not None
    assert outcome.error.report.message == "base name ($nothing) should not be blank"


TRIGGERED = "FROM x AS base\nONBUILD ENV a $b\nONBUILD CMD run\nFROM {}\nCMD run\n"


def test_what_stages_trigger_is_looked_at_in_those_based_on_them() -> None:
    assert found(TRIGGERED.format("x")) == [("JSONArgsRecommended", 5)]
    assert found(TRIGGERED.format("base")) == [
        ("UndefinedVar", 4),
        ("LegacyKeyValueFormat", 4),
        ("JSONArgsRecommended", 4),
        ("MultipleInstructionsDisallowed", 4),
        ("JSONArgsRecommended", 5),
    ]
    skipped = TRIGGERED.format("base").replace("FROM base", "# check=skip=all\nFROM base")
    assert found(skipped) == [("JSONArgsRecommended", 6)]


def test_what_an_image_triggers_is_looked_at_where_it_is_known() -> None:
    text = "FROM scratch AS tools\nFROM base-image\nENV x=$V\n"
    triggers = ("ARG V", "COPY --from=tools $no /", "WORKDIR sub")
    warnings = result(text, base=ImageConfig(onbuild=triggers)).warnings
    assert [(item.rule, item.location.start) for item in warnings] == [
        ("UndefinedVar", 2),
        ("WorkdirRelativePath", 2),
    ]
    assert [item.rule for item in result(text).warnings] == ["UndefinedVar"]
    error = result(text, base=ImageConfig(onbuild=("COPY --from=9 a b",))).error
    assert str(error) == "invalid stage index 9"

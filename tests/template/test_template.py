from __future__ import annotations

import pytest

from rootbuild.template import Record, TemplateError, render

DATA = Record(
    Name="web",
    Count=3,
    Ratio=2.0,
    On=True,
    Off=False,
    Nothing=None,
    Tags=["a", "b"],
    Empty=[],
    Labels={"z": "1", "a.b": "2"},
    Server=Record(ApiVersion="1.47", Version="27"),
)


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("", ""),
        ("plain\n", "plain\n"),
        ("{{.Name}}/{{.Server.Version}}", "web/27"),
        ("{{ .Server.APIVersion }}", "1.47"),
        ("{{json .Server}}", '{"ApiVersion":"1.47","Version":"27"}'),
        ("{{json .Labels}}", '{"a.b":"2","z":"1"}'),
        ("{{json . | len | eq 0}}", "false"),
        ("{{.Tags}} {{.Labels}} {{.Ratio}} {{.On}}", "[a b] map[a.b:2 z:1] 2 true"),
        ("{{.Labels.nope}}|{{.Nothing}}", "<no value>|<no value>"),
        ('{{index .Labels "a.b"}}{{index .Tags 1}}', "2b"),
        ('{{index .Labels "nope"}}.', "."),
        ('{{printf "%-5s|%3d|%q|%v|%%" .Name .Count .Name .Tags}}', 'web  |  3|"web"|[a b]|%'),
        ("{{printf `%s %s` .Name}}", "web %!s(MISSING)"),
        ("{{range .Tags}}<{{.}}>{{end}}", "<a><b>"),
        ("{{range $i, $t := .Tags}}{{$i}}{{$t}}{{$.Name}} {{end}}", "0aweb 1bweb "),
        ("{{range $t := .Tags}}{{$t}}{{end}}", "ab"),
        ("{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "a.b=2;z=1;"),
        ("{{range .Empty}}x{{else}}none{{end}}", "none"),
        ("{{range .Tags}}{{break}}{{end}}{{range .Tags}}{{.}}{{continue}}x{{end}}", "ab"),
        ("{{if .On}}yes{{else}}no{{end}}{{if .Off}}yes{{else}}no{{end}}", "yesno"),
        ("{{if .Off}}1{{else if eq .Count 3}}2{{else}}3{{end}}", "2"),
        ("{{with .Server}}{{.Version}}{{end}}{{with .Nothing}}x{{else}}y{{end}}", "27y"),
        ("{{if and .On (not .Off) (gt .Count 2)}}ok{{end}}", "ok"),
        ("{{or .Nothing .Name}} {{(index .Tags 0)}} {{(.Server).Version}}", "web a 27"),
        ("{{$x := .Count}}{{if .On}}{{$x = 5}}{{end}}{{$x}}", "5"),
        ("a {{- .Name -}} b", "awebb"),
        ("{{/* nothing */}}x{{- /* here */ -}} y", "xy"),
        ('{{println .Name 1}}{{print "a" 1 2}}', "web 1\na1 2"),
        ('{{split "a:b" ":"}} {{slice .Name 1}} {{len .Tags}}', "[a b] eb 2"),
        ('{{"}}"}}{{"\\t"}}{{true}}', "}}\ttrue"),
        ("{{eq .Name `x` `web`}}{{ne .Count 3}}", "truefalse"),
    ],
)
def test_output(template: str, output: str) -> None:
    assert render(template, DATA) == output


def test_docker_functions() -> None:
    assert (
        render("{{title .Name}} {{truncate .Name 2}} {{pad .Name 1 2}}|", DATA) == "Web we  web  |"
    )
    assert render('{{join .Tags ", "}} {{.Name | upper}}', DATA) == "a, b WEB"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{.Nope}}", 'template: :1: executing "" at <.Nope>: can\'t evaluate field Nope in type'),
        ("{{.Name.X}}", "can't evaluate field X in type string"),
        ("{{.Nothing.X}}", "nil pointer evaluating interface {}.X"),
        ("a\n{{nope .}}", 'template: :2: function "nope" not defined'),
        ("{{.Name", "template: :1: unclosed action"),
        ("{{if .On}}x", "template: :1: unexpected EOF"),
        ("x{{end}}", "template: :1: unexpected {{end}}"),
        ("{{}}", "template: :1: missing value for command"),
        ("{{if}}{{end}}", "template: :1: missing value for if"),
        ("{{(.Name}}", "template: :1: unclosed left paren"),
        ("{{.Name)}}", "template: :1: unexpected ')' in command"),
        ('{{"abc}}', "template: :1: unterminated quoted string"),
        ("{{$x}}", 'template: :1: undefined variable "$x"'),
        ("{{index .Tags 7}}", "error calling index: index out of range: 7"),
        ("{{len}}", "wrong number of args for len"),
        ("{{lower .Count}}", "error calling lower: expected string"),
        ("{{range .Name}}{{end}}", "range can't iterate over web"),
        ("{{.Name 1}}", "has arguments"),
        ("{{#}}", "unexpected bad character U+0023"),
    ],
)
def test_errors(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, DATA)
    assert message in str(caught.value)

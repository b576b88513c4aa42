"""The forms of an answer: JSON, annotations of a workflow, SARIF; and the pages of codes."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from sarif_pydantic import Sarif
from support import Ran

from paramrules.cli import main
from paramrules.cli.printed_answer import VERSION
from paramrules.diagnostics import CODES, Code
from paramrules.diagnostics.pages import page

TYPO = "a: type(LayerNrm) -> weight_decay = 0\nb: else\n"


def sarif(ran: Ran) -> dict[str, Any]:
    """The one run of a log, which a second library reads and writes back unchanged."""
    log: dict[str, Any] = json.loads(ran.out)
    written = Sarif.model_validate(log).model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    assert json.loads(written) == log
    (run,) = log["runs"]
    return dict(run)


def test_json_has_two_names(run: Callable[..., Ran]) -> None:
    for command in (("check", "net.rules"), ("show", "net.rules", "-m", "net.py:model")):
        assert run(*command, "--format", "json") == run(*command, "--json")
    assert run("check", "net.rules", "--json", "--format", "text").out == "1 file: no findings\n"


def test_annotations_of_a_workflow(run: Callable[..., Ran]) -> None:
    Path("a,b:100%.rules").write_text("a: else\nb: else\n")
    assert run("check", "a,b:100%.rules", "--format", "github") == (
        1,
        "::error title=E309,file=a%2Cb%3A100%25.rules,line=2,endLine=2,col=1,endColumn=2"
        "::`b` comes after `else`, which leaves nothing for it"
        "%0Aa,b:100%25.rules:1: this takes whatever is left"
        "%0Ahelp: move it above: `else` is the last rule of its axis\n",
        "",
    )


def test_annotations_name_files_from_the_checkout(
    run: Callable[..., Ran], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "team").mkdir()
    (folder / "team" / "a.rules").write_text("a: else\nb: else\n")
    (folder / "b.rules").write_text("a: else\nb: else\n")
    monkeypatch.chdir(folder / "team")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    ran = run("check", "a.rules", "../b.rules", "--format", "github")
    assert [line.split(",")[1] for line in ran.out.splitlines()] == ["file=team/a.rules", "file=b.rules"]
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder / "team"))
    ran = run("check", "a.rules", "../b.rules", "--format", "github")
    assert [line.split(",")[1] for line in ran.out.splitlines()] == ["file=a.rules", "file=../b.rules"]


def test_annotations_have_the_severity_and_no_answer_beside_them(run: Callable[..., Ran]) -> None:
    Path("typo.rules").write_text(TYPO)
    ran = run("show", "typo.rules", "-m", "net.py:model", "--format", "github")
    heads = [line.partition(" ")[0] for line in ran.out.splitlines()]
    assert (ran.code, ran.err, heads) == (0, "", ["::warning", "::warning"])
    ran = run("show", "net.rules", "-m", "net.py:model", "--option", "rate=1", "--format", "github")
    assert ran.out.startswith("::notice title=N210,file=net.rules,line=4,")


def test_an_annotation_without_a_place_or_a_help(run: Callable[..., Ran]) -> None:
    ran = run("show", "net.rules", "-m", "net.deeper:model", "--format", "github")
    assert ran == (2, "::error title=E701::there is no module `deeper` in `net`\n", "")


def test_sarif_of_a_file(run: Callable[..., Ran]) -> None:
    Path("a b.rules").write_text("a: else\nb: else\n")
    ran = run("check", "a b.rules", "--format", "sarif")
    found = sarif(ran)
    assert (ran.code, ran.err) == (1, "")
    assert found["invocations"] == [{"executionSuccessful": True}]
    (rule,) = found["tool"]["driver"]["rules"]
    assert rule == {
        "id": "E309",
        "shortDescription": {"text": CODES["E309"].title},
        "helpUri": "https://github.com/paramrules/paramrules/blob/main/docs/diagnostics/E309.md",
        "defaultConfiguration": {"level": "error"},
    }

    def location(line: int, end: int) -> dict[str, object]:
        region = {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": end}
        return {"physicalLocation": {"artifactLocation": {"uri": "a%20b.rules"}, "region": region}}

    assert found["results"] == [
        {
            "ruleId": "E309",
            "ruleIndex": 0,
            "level": "error",
            "message": {
                "text": "`b` comes after `else`, which leaves nothing for it\n"
                "help: move it above: `else` is the last rule of its axis"
            },
            "locations": [location(2, 2)],
            "relatedLocations": [location(1, 8) | {"message": {"text": "this takes whatever is left"}}],
        }
    ]


def test_sarif_of_findings_on_a_model(folder: Path, run: Callable[..., Ran]) -> None:
    (folder / "typo.rules").write_text(TYPO)
    found = sarif(run("show", str(folder / "typo.rules"), "-m", "net.py:model", "--format", "sarif"))
    assert [result["level"] for result in found["results"]] == ["warning", "warning"]
    assert [result["ruleIndex"] for result in found["results"]] == [1, 0]
    where = found["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert where == {"uri": (folder / "typo.rules").as_uri()}


def test_sarif_of_an_input_that_cannot_be_used(run: Callable[..., Ran]) -> None:
    ran = run("show", "net.rules", "-m", "net.deeper:model", "--format", "sarif")
    found = sarif(ran)
    assert (ran.code, found["invocations"]) == (2, [{"executionSuccessful": False}])
    assert found["results"] == [
        {
            "ruleId": "E701",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "there is no module `deeper` in `net`"},
        }
    ]


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_a_clean_file(run: Callable[..., Ran], form: str) -> None:
    ran = run("check", "net.rules", "--format", form)
    assert (ran.code, ran.err) == (0, "")
    if form == "github":
        assert ran.out == ""
    if form == "sarif":
        assert sarif(ran)["results"] == []


def test_the_page_of_a_code(run: Callable[..., Ran]) -> None:
    assert run("rule", "w203") == (0, page("W203"), "")
    assert run("rule", "W203", "--quiet").out == page("W203")
    found = json.loads(run("rule", "E309", "--json").out)
    assert found == {
        "version": 1,
        "code": "E309",
        "severity": "error",
        "title": CODES["E309"].title,
        "page": page("E309"),
        "findings": [],
    }


def test_a_code_that_is_not_there(run: Callable[..., Ran]) -> None:
    assert run("rule", "W2033").err.endswith("Error: there is no code `W2033`; did you mean `W203`?\n")
    assert run("rule", "203").err.endswith("Error: there is no code `203`; did you mean `W203` or `N203`?\n")
    assert run("rule", "../index").err.endswith("Error: there is no code `../index`\n")


def test_each_code_has_a_page() -> None:
    for code in CODES:
        if not code[1].isalpha():  # that of a backend
            assert page(code).startswith(f"# {code}: {CODES[code].title}\n")


def test_the_schema_of_answers_lists_all_commands() -> None:
    answers = json.loads(files("paramrules.cli").joinpath("answers.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(answers)
    described = {each["$ref"].rpartition("/")[2] for each in answers["anyOf"]}
    assert described == {*main.list_commands(click.Context(main)), "refused"}
    for definition in described:
        assert answers["$defs"][definition]["properties"]["version"] == {"const": VERSION}


def test_a_code_of_a_backend_has_no_page(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CODES, "WTOY901", Code("warning", "a toy is odd"))
    assert "there is no code `WTOY901`" in run("rule", "WTOY901").err

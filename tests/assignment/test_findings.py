"""Everything that is said about rules and a model together, as it is printed.

Each `said/NAME.rules` is held against the small GPT (or what `HOW` says), and has to print `said/NAME.txt`.
"""

from pathlib import Path
from typing import Any

import pytest
from gpt import GPT
from support import inventory_of

import paramrules
from paramrules.diagnostics import render

SAID = Path(__file__).parent / "said"
UNKNOWN = {
    "type": "pass `model=`",
    "role": "say what they are",
    "attr": "there are none",
    "fan_in": "no layout",
}
HOW: dict[str, dict[str, Any]] = {
    "dead_under_strict": {"strict": True},
    "no_else_under_strict": {"strict": True},
    "no_else_in_an_axis_under_strict": {"strict": True},
    "options": {"options": {"x": 1, "r": True}},
    "option_near_another": {"options": {"rat": 1}},
    "option_of_none": {"options": {"rate": 0.5}},
    "option_string_and_boolean": {"options": {"kind": 1, "on": "yes"}},
    "label_too_long": {"model": inventory_of(["a" * 90])},
    "unknown_facts": {"model": inventory_of(["w", "b"], unknown=UNKNOWN)},
}


def said(text: str, model: object = GPT, **how: Any) -> str:
    """The findings of an assignment, or what it raises, as text."""
    try:
        assignment = paramrules.assign(paramrules.parse(text, "m.rules"), model, **how)
    except paramrules.RulesError as error:
        return str(error).strip()
    return "\n\n".join(map(render, assignment.findings))


@pytest.mark.parametrize("name", sorted(path.stem for path in SAID.glob("*.rules")))
def test_said(name: str) -> None:
    text = (SAID / f"{name}.rules").read_text()
    assert said(text, **HOW.get(name, {})) == (SAID / f"{name}.txt").read_text().strip()


def test_how_is_about_files_that_exist() -> None:
    assert set(HOW) <= {path.stem for path in SAID.glob("*.rules")}


@pytest.mark.parametrize(
    ("name", "code", "help"),
    [
        ("LayrNorm", "W203", "did you mean `LayerNorm`?"),
        (
            "MoE",
            "W203",
            "if the rules are for other models too, put the test in a `let`, or take the name out",
        ),
        ("GroupNorm", "N203", ""),
    ],
)
def test_a_family_that_the_model_lacks_is_a_note_and_a_misspelt_one_is_not(
    name: str, code: str, help: str
) -> None:
    model = inventory_of([{"name": "w", "owner": "torch.nn.Linear"}])
    rules = paramrules.parse(f"a: type({name}) or name ~ w\nb?: else")
    (finding,) = paramrules.assign(rules, model).findings
    assert (finding.code, finding.help) == (code, help)


@pytest.mark.parametrize(
    ("classes", "help"),
    [
        ("LayerNorm", "write `*LayerNorm` for the classes whose names end in it, as `T5LayerNorm`"),
        ("LayerNorm|RMSNorm", ""),
        ("LayerNorm|T5LayerNorm", ""),
    ],
)
def test_classes_that_another_alternative_takes_are_not_suggested(classes: str, help: str) -> None:
    owner = "transformers.models.t5.modeling_t5.T5LayerNorm"
    model = inventory_of([{"name": "w", "owner": owner}, {"name": "v", "owner": "torch.nn.Linear"}])
    (finding,) = paramrules.assign(paramrules.parse(f"a: type({classes}) or name ~ v"), model).findings
    assert (finding.code, finding.help) == ("N203", help)


def test_notes_stay_notes_under_strict_and_are_not_in_the_text_of_an_error() -> None:
    model = inventory_of([{"name": "w", "owner": "torch.nn.Linear"}])
    rules = paramrules.parse("a: type(Linear|GroupNorm) or name ~ x\n")
    with pytest.raises(paramrules.RulesError) as refused:
        paramrules.assign(rules, model, strict=True)
    assert [(d.code, d.severity) for d in refused.value.diagnostics] == [("N203", "note"), ("W202", "error")]
    assert str(refused.value).startswith("\nerror[W202]: no parameter of the model satisfies `name ~ x`\n")


@pytest.mark.parametrize(
    ("test", "help"),
    [
        ("type(norm)", "write `*Norm` for the classes whose names end in it, as `LayerNorm`"),
        ("type(nn.Norm)", "write `*Norm` for the classes whose names end in it, as `LayerNorm`"),
        ("type(Emb)", "write `Emb*` for the classes whose names contain it, as `Embedding`"),
        ("within(loc)", "write `*loc*` for the classes whose names contain it, as `Block`"),
        ("type(zz)", "if the rules are for other models too, put the test in a `let`, or take the name out"),
        ("type(ed)", "if the rules are for other models too, put the test in a `let`, or take the name out"),
    ],
)
def test_a_part_of_a_classs_name(test: str, help: str) -> None:
    findings = paramrules.assign(paramrules.parse(f"a: {test} or ndim <= 2\n"), GPT).findings
    assert [(finding.code, finding.help) for finding in findings] == [("W203", help)]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("deep: 1 / (ndim - 1) > 5 or type(Linear)", "W202"),
        ("deep: 1 / (ndim - 1) > 5", "W201"),
        ("deep: 1 / (ndim - 1) > 0 or type(Linear) and ndim == 7", "W202"),
    ],
)
def test_a_rule_above_guards_a_division_in_findings_too(rule: str, code: str) -> None:
    linear = {"name": "d", "owner": "torch.nn.modules.linear.Linear", "shape": [4, 4]}
    model = inventory_of([{"name": "a", "shape": [4]}, linear, {"name": "c", "shape": [2]}])
    assignment = paramrules.assign(paramrules.parse(f"vectors: ndim == 1\n{rule}\nrest: else\n"), model)
    assert [finding.code for finding in assignment.findings] == [code]


def test_any_other_error_of_a_dead_rule_is_reported() -> None:
    rules = paramrules.parse("option kind\nall: name ~ a\nlate: leaf == kind\n")
    with pytest.raises(paramrules.RulesError, match="E213"):
        paramrules.assign(rules, inventory_of(["a", "ba"]), options={"kind": 1})


@pytest.mark.parametrize(
    ("branch", "codes"),
    [
        ("biases", []),
        ("biases and ndim == 2", []),
        ("biases and ndim == 2 and name ~ z", []),
        ("not shapes", []),
        ('kind == "wide"', []),
        ('kind in ("wide", "deep")', []),
        ("rate + 1 > 2", []),
        ("off and ndim > 9", []),
        ("(biases or shapes and biases)", []),
        ("(biases or name ~ y) and name ~ z", ["W202"]),
        ("(biases or name ~ z)", ["W202"]),
        ("rate > 9 * ndim", ["W202"]),
        ("shapes and name ~ z", ["W202"]),
        ("leaf == kind", ["W202"]),
        ("false and ndim == 1", ["W202"]),
    ],
)
def test_a_branch_that_an_option_switches_off_is_not_dead(branch: str, codes: list[str]) -> None:
    options = 'option biases = false\noption shapes = true\noption kind = "deeper"\noption rate = 1\n'
    text = f"{options}let off = biases and kind == kind\na: ndim == 1 or {branch}\nb: else\n"
    model = inventory_of([{"name": "w", "shape": [4]}, {"name": "y", "shape": [4, 4]}])
    found = paramrules.assign(paramrules.parse(text), model).findings
    assert [each.code for each in found] == codes

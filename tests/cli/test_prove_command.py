"""`paramrules prove`."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git

import paramrules

ONE = "no_decay: ndim <= 1 -> weight_decay = 0\ndecay:    else\n"
SAME = "decay:    ndim > 1\nno_decay: else\n"
OTHER = "no_decay: ndim < 1 -> weight_decay = 0\ndecay:    else\n"
SETTINGS = "no_decay: ndim <= 1 -> weight_decay = 0, eps = 1\ndecay:    else\n"
DIVIDED = "hidden: ndim == 2 -> lr_scale = 1 / fan_in\nrest:   else\n"
RAISED = "hidden: ndim == 2 -> lr_scale = fan_in ** -1\nrest:   else\n"


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    texts = {"one": ONE, "same": SAME, "other": OTHER, "eps": SETTINGS, "divided": DIVIDED, "raised": RAISED}
    for name, text in texts.items():
        (folder / f"{name}.rules").write_text(text)


def test_equal(run: Callable[..., Ran]) -> None:
    assert run("prove", "one.rules", "same.rules") == (0, "equal for every model\n", "")
    assert run("prove", "one.rules", "same.rules", "--quiet") == (0, "", "")


def test_different(run: Callable[..., Ran]) -> None:
    code, out, err = run("prove", "one.rules", "other.rules")
    assert code == 1
    head, *_, one, other, last = out.splitlines()
    assert (head.split(), last) == (["fact", "value"], "different")
    assert one.split() == ["one.rules", "no_decay", "weight_decay=0"]
    assert other.split() == ["other.rules", "decay", "-"]
    name = next(line.split()[1] for line in out.splitlines() if line.startswith("name "))
    assert re.search(r"^shape +\(\d,\)$", out, re.MULTILINE)
    assert err == (
        f"\nerror[E809]: `{name}` is in `no_decay` by `one.rules` and in `decay` by `other.rules`\n"
        "  --> one.rules:1:1\n"
        "   |\n"
        " 1 | no_decay: ndim <= 1 -> weight_decay = 0\n"
        f"   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ takes `{name}`\n"
        "  --> other.rules:2:1\n"
        "   |\n"
        " 2 | decay:    else\n"
        f"   | ^^^^^^^^^^^^^^ takes `{name}`\n\n"
    )


def test_facts_that_most_parameters_do_not_have_are_shown(run: Callable[..., Ran]) -> None:
    Path("frozen.rules").write_text("a: not trainable and fan_in > 4\n")
    Path("none.rules").write_text("b: not trainable and fan_in > 4\n")
    shown = [line.split() for line in run("prove", "frozen.rules", "none.rules").out.splitlines()]
    assert ["fan_in", "5"] in shown
    assert ["trainable", "false"] in shown
    assert "trainable" not in run("prove", "one.rules", "other.rules").out


def test_what_is_compared(run: Callable[..., Ran]) -> None:
    assert run("prove", "one.rules", "eps.rules", "--compare", "labels").code == 0
    code, out, err = run("prove", "one.rules", "eps.rules", "--compare", "settings")
    assert code == 1
    assert "weight_decay=0, eps=1" in out
    assert " is in `no_decay` by `one.rules` and by `eps.rules`, with other settings\n" in err


def test_undecided(run: Callable[..., Ran]) -> None:
    code, out, err = run("prove", "divided.rules", "raised.rules")
    assert code == 3
    assert out.splitlines()[-1].startswith("undecided: ")
    assert err.lstrip("\n").startswith("warning[W810]: `")
    assert "` cannot be compared: " in err
    assert run("prove", "divided.rules", "raised.rules", "--fail-on", "warning").code == 3


def test_what_is_taken_for_granted(run: Callable[..., Ran]) -> None:
    Path("rate.rules").write_text("option rate = 2\n\na: ndim > 1 -> lr_scale = rate\nb: else\n")
    Path("etar.rules").write_text("option rate = 3\n\nb: ndim < 2\na: else -> lr_scale = rate - 1\n")
    code, out, _ = run("prove", "rate.rules", "etar.rules")
    assert code == 0
    *assumed, last = out.splitlines()
    assert last == "equal for every model"
    assert assumed == [
        "assumed: the option `rate` of rate.rules is 2",
        "assumed: the option `rate` of etar.rules is 3",
    ]


def test_a_shipped_policy_and_a_revision(run: Callable[..., Ran]) -> None:
    Path("policy.rules").write_text("no_decay: ndim < 2 -> weight_decay = 0\ndecay:    else\n")
    assert run("prove", "<nanogpt@1>", "policy.rules").code == 0
    assert "note[N974]" in run("prove", "<nanogpt>", "policy.rules").err
    for words in (("init", "-q"), ("add", "one.rules"), ("commit", "-qm", "one")):
        git(*words)
    Path("one.rules").write_text(SAME)
    assert run("prove", "HEAD:one.rules", "one.rules") == (0, "equal for every model\n", "")
    Path("one.rules").write_text(OTHER)
    code, _, err = run("prove", "HEAD:one.rules", "one.rules")
    assert code == 1
    assert " is in `no_decay` by `HEAD:one.rules` and in `decay` by `one.rules`\n" in err


def test_rules_that_nothing_takes_have_no_place(run: Callable[..., Ran]) -> None:
    Path("named_b.rules").write_text("a: name == 'b'\n")
    Path("named_a.rules").write_text("a: name == 'a'\n")
    code, _, err = run("prove", "named_b.rules", "named_a.rules", "--compare", "labels")
    assert code == 1
    assert ("  --> named_a.rules:1:1\n" in err) != ("  --> named_b.rules:1:1\n" in err)


def test_another_number_of_axes(run: Callable[..., Ran]) -> None:
    Path("one_axis.rules").write_text("a: ndim == 2\n")
    Path("two_axes.rules").write_text("[x]\na: ndim == 2\n\n[y]\nb: tied\n")
    code, out, err = run("prove", "one_axis.rules", "two_axes.rules")
    assert code == 1
    assert "one_axis.rules  default          -\ntwo_axes.rules  default/default  -\n" in out
    assert err.endswith(
        " is in `default` by `one_axis.rules` and in `default/default` by `two_axes.rules`\n\n"
    )


def test_the_attributes_of_an_example_are_shown(run: Callable[..., Ran]) -> None:
    Path("marked.rules").write_text("a: attr(lr_mult)\n")
    Path("doubled.rules").write_text("a: attr(lr_mult) == 2\n")
    code, out, _ = run("prove", "marked.rules", "doubled.rules")
    assert code == 1
    assert "\nattr(lr_mult)  True\n" in out


def test_the_attributes_of_modules_are_shown_and_can_be_replayed(run: Callable[..., Ran]) -> None:
    Path("two.rules").write_text("a: module_attr(lr_mult) == 2\n")
    Path("three.rules").write_text("a: module_attr(lr_mult) == 3\n")
    code, out, _ = run("prove", "two.rules", "three.rules")
    assert code == 1
    assert "\nmodule_attr(lr_mult)  3\n" in out
    example = json.loads(run("prove", "two.rules", "three.rules", "--json").out)["counterexample"]
    assert example["inventory"]["modules"] == {"": {"lr_mult": 3}}
    Path("example.json").write_text(json.dumps(example["inventory"]))
    for file, label in (("two.rules", "default"), ("three.rules", "a")):
        assert f"\n{label} " in run("show", file, "--model", "example.json").out


def test_parameters_that_are_counted_stand_beside_the_one_that_differs(run: Callable[..., Ran]) -> None:
    for number in (1, 2):
        Path(f"{number}.rules").write_text(f"a: count(name ~ ^h\\.(?<i>\\d+)\\.) > {number}\n")
    code, out, _ = run("prove", "1.rules", "2.rules")
    assert code == 1
    assert "\nbeside  h.0.a\nbeside  h.1.a\n" in out


def test_json(run: Callable[..., Ran]) -> None:
    answer = json.loads(run("prove", "one.rules", "same.rules", "--json").out)
    assert (answer["answer"], answer["counterexample"], answer["undecided"]) == ("equal", None, [])
    answer = json.loads(run("prove", "one.rules", "other.rules", "--json").out)
    example = answer["counterexample"]
    assert len(example["shape"]) == 1
    assert example["groups"] == ["no_decay", "decay"]
    assert example["settings"] == [{"weight_decay": 0}, {}]
    assert example["rules"] == [
        [
            {"label": "no_decay", "file": "one.rules", "line": 1},
            {"label": "decay", "file": "other.rules", "line": 2},
        ]
    ]
    assert [finding["code"] for finding in answer["findings"]] == ["E809"]
    (part, *_) = json.loads(run("prove", "divided.rules", "raised.rules", "--json").out)["undecided"]
    assert (part["file"], part["line"]) == ("divided.rules", 1)


def test_a_counterexample_is_a_model(run: Callable[..., Ran]) -> None:
    example = json.loads(run("prove", "one.rules", "other.rules", "--json").out)["counterexample"]
    Path("example.json").write_text(json.dumps(example["inventory"]))
    model = paramrules.Inventory.load("example.json")
    labels = [paramrules.assign(file, model).groups[0].label for file in ("one.rules", "other.rules")]
    assert labels == ["no_decay", "decay"]


def test_annotations(run: Callable[..., Ran]) -> None:
    ran = run("prove", "one.rules", "other.rules", "--format", "github")
    assert ran.code == 1
    assert ran.out.startswith("::error title=E809,file=one.rules,line=1,")
    log = json.loads(run("prove", "one.rules", "other.rules", "--format", "sarif").out)
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["E809"]


def test_what_cannot_be_read(run: Callable[..., Ran]) -> None:
    code, out, err = run("prove", "one.rules", "lost.rules")
    assert (code, out) == (2, "")
    assert err.startswith("error[E101]: ")
    Path("broken.rules").write_text("a: ndm <= 1\n")
    assert run("prove", "broken.rules", "one.rules").code == 2
    assert run("prove", "one.rules").err.endswith("Error: Missing argument 'B'.\n")

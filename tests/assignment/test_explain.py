"""Why a parameter is where it is: the clause that decided, and the fact that the clause looked at."""

import json

import pytest
from gpt import GPT
from support import inventory_of

import paramrules
from paramrules.assignment import AxisExplanation, Verdict
from paramrules.assignment.explanation_table import explanation_table
from paramrules.display import Table
from paramrules.html_report import View, page


def explained(text: str, name: str, **how: object) -> AxisExplanation:
    (axis,) = paramrules.assign(paramrules.parse(text), GPT, **how).explain(name).axes  # type: ignore[arg-type]
    return axis


def told(verdicts: tuple[Verdict, ...]) -> list[tuple[str, str, str]]:
    return [(v.rule.label.text, v.clause.text, v.clause.note) for v in verdicts]


def failed(predicate: str, name: str = "h.1.fc.weight", **how: object) -> tuple[str, str]:
    """The clause that failed, and its note."""
    ((_, text, note),) = told(explained(f"a?: {predicate}\nrest: else\n", name, **how).earlier)
    return text, note


def held(predicate: str, name: str = "h.1.fc.weight") -> tuple[str, str]:
    """The clause that held, and its note."""
    clause = explained(f"a: {predicate}\nrest: else\n", name).clause
    assert clause is not None
    return clause.text, clause.note


def test_the_branch_that_held() -> None:
    card = "type(LayerNorm|Embedding) or name~bias|mem_k or ndim<=1"
    norm = ("type(LayerNorm|Embedding)", "`torch.nn.modules.normalization.LayerNorm` is a `LayerNorm`")
    assert held(card, "h.0.ln.weight") == norm
    assert held(card, "h.0.fc.bias") == ("name~bias|mem_k", "finds `bias`")


def test_an_and_holds_as_a_whole() -> None:
    assert held("ndim == 2 and\n   name ~ fc") == ("ndim == 2 and name ~ fc", "")


def test_the_first_clause_of_an_and_that_failed() -> None:
    assert failed("ndim == 2 and name ~ ln and size > 3") == ("name ~ ln", "not in `h.1.fc.weight`")
    assert failed("ndim == 2 and (name ~ ln and size > 3)") == ("name ~ ln", "not in `h.1.fc.weight`")


def test_an_or_fails_as_a_whole() -> None:
    assert failed("type(LayerNorm) or ndim <= 1") == (
        "type(LayerNorm) or ndim <= 1",
        "its owner is a `torch.nn.modules.linear.Linear`; ndim is 2",
    )
    assert failed("ndim == 2 and (name ~ ln or ndim <= 1)") == (
        "(name ~ ln or ndim <= 1)",
        "not in `h.1.fc.weight`; ndim is 2",
    )


def test_what_each_test_looked_at() -> None:
    assert failed("within(Attention)") == ("within(Attention)", "around it: `GPT`, `Block`, `Linear`")
    assert failed("variable(LoRAParam)") == (
        "variable(LoRAParam)",
        "it is a `torch.nn.parameter.Parameter`",
    )
    assert held("variable(Parameter)")[1] == "`torch.nn.parameter.Parameter` is a `Parameter`"
    assert held("within(Block)")[1] == "`m.Block` is a `Block`"
    assert failed("leaf like b*") == ("leaf like b*", "leaf is `weight`")
    assert failed('module == "h"') == ('module == "h"', "module is `h.1.fc`")
    assert failed("dtype == bfloat16") == ("dtype == bfloat16", "dtype is float32")
    assert failed("shape == (4, *)") == ("shape == (4, *)", "shape is (8, 4)")
    assert failed("shape == (*, fan_out)") == ("shape == (*, fan_out)", "shape is (8, 4), fan_out is 8")
    assert failed("shape != (shape[2], *)") == (
        "shape != (shape[2], *)",
        "shape is (8, 4), shape[2] does not apply",
    )
    assert failed("fan_in > fan_out") == ("fan_in > fan_out", "fan_in is 4, fan_out is 8")
    assert failed("ndim in (1, 3)") == ("ndim in (1, 3)", "ndim is 2")
    assert failed("shape[2] == 4") == ("shape[2] == 4", "shape[2] does not apply")
    assert failed("attr(frozen)") == ("attr(frozen)", "attr(frozen) is not set")
    assert failed("attr(_optim.lr) > 1") == ("attr(_optim.lr) > 1", "attr(_optim.lr) is 0.1")
    assert failed("tied") == ("tied", "")
    assert failed("not ndim == 2") == ("not ndim == 2", "ndim is 2")


def test_options_and_lets() -> None:
    text = "option on = false\nlet norm = type(LayerNorm) and ndim == 1\na?: on\nb: norm\nrest: else\n"
    assert told(explained(text, "h.0.fc.bias").earlier) == [
        ("a", "on", "on is false"),
        ("b", "norm: type(LayerNorm)", "its owner is a `torch.nn.modules.linear.Linear`"),
    ]
    clause = explained(text, "h.0.ln.bias").clause
    assert clause is not None
    assert clause.text == "norm: type(LayerNorm) and ndim == 1"
    either = (
        "let norm = type(LayerNorm) or ndim == 1\nrest?: norm and name ~ x or norm and name ~ y\nz: else\n"
    )
    assert told(explained(either, "h.0.fc.bias").earlier)[0][1] == "norm and name ~ x or norm and name ~ y"
    assert told(explained("let n = ndim == 1\na?: n or n and tied\nz: else\n", "h.0.fc.weight").earlier) == [
        ("a", "n or n and tied", "ndim is 2")
    ]


def test_string_options() -> None:
    text = 'option kind = "ln"\noption like_this = "*.bias"\n'
    (first, second) = told(
        explained(
            f'{text}a?: leaf in (kind, "x")\nb?: name not like "*" or name like like_this\n', "h.1.fc.weight"
        ).earlier
    )
    assert first[1:] == ('leaf in (kind, "x")', 'leaf is `weight`, kind is "ln"')
    assert second[2] == 'name is `h.1.fc.weight`; name is `h.1.fc.weight`, like_this is "*.bias"'


def test_captures_settings_and_later_rules() -> None:
    text = (
        "b_{i}: name ~ ^h\\.(?<i>\\d+)\\. and i < 2 -> lr_scale = 2 * i\n"
        "c: ndim == 2 and name ~ fc\nd: ndim == 1\ne: else\n"
    )
    axis = explained(text, "h.1.fc.weight")
    assert (axis.label, dict(axis.captures), dict(axis.settings)) == ("b_1", {"i": 1}, {"lr_scale": 2})
    assert told(axis.later) == [("c", "ndim == 2 and name ~ fc", "")]
    axis = explained(text, "h.2.fc.weight")
    assert told(axis.earlier) == [("b_{i}", "i < 2", "i is 2")]
    assert (axis.label, dict(axis.captures), axis.later) == ("c", {}, ())


def test_no_rule() -> None:
    axis = explained("a: ndim == 1\n", "wte.weight")
    assert (axis.label, axis.rule, axis.clause, axis.later) == ("default", None, None, ())
    assert told(axis.earlier) == [("a", "ndim == 1", "ndim is 2")]


def test_else_has_no_clause() -> None:
    axis = explained("a: ndim == 1\nb: else\n", "wte.weight")
    assert axis.rule is not None
    assert (axis.rule.label.text, axis.clause) == ("b", None)


def test_the_name_of_a_tied_parameter_that_decided() -> None:
    axis = explained("a: type(Linear) and name ~ head\nb: else\n", "wte.weight")
    assert axis.clause is not None
    assert axis.clause.name == "lm_head.weight"


def test_the_facts_of_a_let_are_told_once() -> None:
    text = 'let p = ndim == 2 and leaf == "weight"\na?: not (p and (p or tied))\nrest: else\n'
    ((_, clause, note),) = told(explained(text, "h.1.fc.weight").earlier)
    assert (clause, note) == ("not (p and (p or tied))", "ndim is 2; leaf is `weight`")


def test_a_later_rule_without_a_result_is_not_told() -> None:
    """Nothing asks it about a parameter that a rule above takes."""
    model = inventory_of([{"name": "w", "shape": (4, 4)}, {"name": "b", "shape": (4,)}])
    rules = paramrules.parse("a: ndim == 2\nb?: 8 / (ndim - 2) > 1\nc: ndim > 0\n")
    (axis,) = paramrules.assign(rules, model).explain("w").axes
    assert [verdict.rule.label.text for verdict in axis.later] == ["c"]
    assert page([View(paramrules.assign(rules, model), "m")])


@pytest.mark.parametrize(
    ("predicate", "name", "note"),
    [
        ('leaf != "gain"', "a.gain", "leaf is `gain`"),
        ('leaf != "other"', "b.other", "leaf is `other`"),
        (r"name !~ b\.", "b.other", "finds `b.`"),
        ("name not like *.w", "z.7.w", "name is `z.7.w`"),
        (r'name ~ ^(?<q>\w)\. and q != "b"', "b.other", 'q is "b"'),
        ("shape != (3,)", "a.gain", "shape is (3)"),
    ],
)
def test_the_name_of_a_tied_parameter_at_which_a_negated_test_fails(
    predicate: str, name: str, note: str
) -> None:
    further = [{"name": "b.other"}, {"name": "z.7.w"}]
    model = inventory_of([{"name": "a.gain", "shape": [3], "also": further}])
    explanation = paramrules.assign(paramrules.parse(f"a?: {predicate}\n"), model).explain("a.gain")
    (verdict,) = explanation.axes[0].earlier
    assert verdict.clause is not None
    assert (verdict.clause.name, verdict.clause.note) == (name, note)
    assert str(explanation).endswith(note + (f" as `{name}`" if name != "a.gain" else ""))


def test_a_match_through_the_vocabulary_and_through_a_base() -> None:
    from support import inventory_of

    model = inventory_of(
        [
            {"name": "a", "owner": "flax.linen.linear.Embed", "shape": (3, 2)},
            {"name": "b", "owner": ["m.MyLinear", "torch.nn.modules.linear.Linear"], "shape": (3, 2)},
            {"name": "c", "owner": ["m.Table", "flax.linen.linear.Embed"], "shape": (3, 2)},
        ]
    )
    assignment = paramrules.assign(paramrules.parse("a: type(Embedding|Linear)\n"), model)
    notes = {name: assignment.explain(name).axes[0].clause.note for name in "abc"}  # type: ignore[union-attr]
    assert notes == {
        "a": "`flax.linen.linear.Embed` is an `Embedding`, which the vocabulary counts among them",
        "b": "`m.MyLinear` is a `Linear` by its base `torch.nn.modules.linear.Linear`",
        "c": "`m.Table` is an `Embedding` by its base `flax.linen.linear.Embed`, "
        "which the vocabulary counts among them",
    }


def test_a_match_by_the_name_of_a_class() -> None:
    from support import inventory_of

    model = inventory_of(
        [
            {"name": "a", "owner": "lab.Gemma3RMSNorm"},
            {"name": "b", "owner": ["lab.Scaled", "lab.Gemma3RMSNorm"]},
            {"name": "c", "owner": "lab.Proj", "around": ["lab.SiglipAttention"]},
        ]
    )
    rules = paramrules.parse("a: type(RMSNorm) or within(Attention)\n")
    assignment = paramrules.assign(rules, model)
    notes = {name: assignment.explain(name).axes[0].clause.note for name in "abc"}  # type: ignore[union-attr]
    assert notes == {
        "a": "`lab.Gemma3RMSNorm` is a `RMSNorm`, by its name",
        "b": "`lab.Scaled` is a `RMSNorm` by its base `lab.Gemma3RMSNorm`, by its name",
        "c": "`lab.SiglipAttention` is an `Attention`, by its name",
    }
    assert not assignment.findings


def test_in_words() -> None:
    text = (
        "[decay]\nno_decay: ndim <= 1 -> weight_decay = 0\n"
        "[lr]\na: name ~ fc -> lr = 1\nb: name ~ h and not tied\nc: else\n"
    )
    assignment = paramrules.assign(paramrules.parse(text, "m.rules"), GPT)
    assert str(assignment.explain("h.1.fc.weight")) == (
        "`h.1.fc.weight` is in `default/a` with lr = 1\n"
        "  [decay] `default`: no rule took it\n"
        "    failed above: `ndim <= 1` at m.rules:2: ndim is 2\n"
        "  [lr] `a`: `name ~ fc` at m.rules:4: finds `fc`\n"
        "    would hold too: `name ~ h and not tied` at m.rules:5"
    )
    one = paramrules.assign(paramrules.parse("a: ndim > 9\nb: else\n", "m.rules"), GPT)
    assert str(one.explain("frozen.weight")) == (
        "`frozen.weight` is in `b` with no settings\n"
        "  frozen: in no group that an optimizer gets: the model does not train it\n"
        "  `b`: `else` at m.rules:2\n"
        "    failed above: `ndim > 9` at m.rules:1: ndim is 2"
    )
    assert one.names(one.groups[0])[:2] == ("wte.weight", "h.0.ln.weight")


BY_RULE = "frozen: in no group that an optimizer gets: its rules set `freeze = true`"
BY_MODEL = "frozen: in no group that an optimizer gets: the model does not train it"


@pytest.mark.parametrize(
    ("name", "setting", "said"),
    [
        ("h.1.fc.weight", "freeze = true", [BY_RULE]),
        ("h.1.fc.weight", "skip = true", ["skipped: left to another optimizer"]),
        ("frozen.weight", "skip = true", [BY_MODEL]),
        ("frozen.weight", "freeze = true", [BY_MODEL]),
        ("h.1.fc.weight", "freeze = false, skip = false", []),
    ],
)
def test_who_is_not_trained(name: str, setting: str, said: list[str]) -> None:
    """`print`, the report of one and the table of several say so alike."""
    rules = paramrules.parse(f"a: name == '{name}' -> {setting}\nb: else")
    one = paramrules.assign(rules, GPT).explain(name)
    assert str(one).splitlines()[1:-1] == [f"  {line}" for line in said]
    table = one.report()[1]
    assert isinstance(table, Table)
    assert [f"{fact}: {why}" for fact, why in table.rows if fact in ("frozen", "skipped")] == said
    blocks = explanation_table([one])[:-2]
    assert blocks == ["1 parameter", *(f"{line.partition(':')[0]}: 1 tensor ({name})" for line in said)]


def test_the_layer_of_a_bias() -> None:
    conv = ["torch.nn.modules.conv.Conv2d", "torch.nn.modules.conv._ConvNd"]
    linear = "torch.nn.modules.linear.Linear"
    model = inventory_of(
        [
            {"name": "deep.weight", "owner": conv, "shape": [4, 1, 3, 3], "fan_in": 9, "fan_out": 36},
            {"name": "deep.bias", "owner": conv, "shape": [4], "role": "bias"},
            {"name": "fc.weight", "owner": linear, "shape": [8, 4], "fan_in": 4, "fan_out": 8},
            {"name": "fc.bias", "owner": linear, "shape": [8], "role": "bias"},
            {"name": "norm.bias", "owner": "torch.nn.LayerNorm", "shape": [8], "role": "bias"},
        ]
    )
    assignment = paramrules.assign(paramrules.parse("all: else"), model)

    def facts(name: str) -> dict[str, str]:
        table = assignment.explain(name).report()[1]
        assert isinstance(table, Table)
        return {str(fact): str(value) for fact, value in table.rows if "fan" in fact or "kernel" in fact}

    assert facts("deep.weight") == {"fan_in": "9", "fan_out": "36", "layer_kernel": "9"}
    assert facts("deep.bias") == {"layer_fan_in": "9", "layer_fan_out": "36", "layer_kernel": "9"}
    assert facts("fc.weight") == {"fan_in": "4", "fan_out": "8"}
    assert facts("fc.bias") == {"layer_fan_in": "4", "layer_fan_out": "8", "layer_kernel": "1"}
    assert facts("norm.bias") == {}
    assert assignment.inventory["deep.bias"].layer_kernel == 9


def test_an_or_that_a_let_names_twice_is_looked_at_once() -> None:
    lets = "let n = ndim == 7 or size == 0\nlet twice = n or n or ndim < 0\n"
    rules = paramrules.parse(lets + "a?: twice\nrest: else\n")
    (axis,) = paramrules.assign(rules, GPT).explain("h.1.fc.weight").axes
    (verdict,) = axis.earlier
    assert verdict.clause.text == "twice: n or n or ndim < 0"
    assert verdict.clause.note == "ndim is 2; size is 32"


def test_the_fact_behind_a_not() -> None:
    assert failed("not name ~ fc") == ("not name ~ fc", "finds `fc`")
    assert held("not name ~ ln") == ("not name ~ ln", "not in `h.1.fc.weight`")
    assert failed("not not ndim == 1") == ("not not ndim == 1", "ndim is 2")
    assert failed("ndim == 2 and not (name ~ ln or name ~ fc)") == (
        "not (name ~ ln or name ~ fc)",
        "`name ~ fc`: finds `fc`",
    )
    assert failed("not (ndim == 2 and name ~ fc)") == (
        "not (ndim == 2 and name ~ fc)",
        "ndim is 2; finds `fc`",
    )
    assert held("not (name ~ ln or ndim == 1)") == (
        "not (name ~ ln or ndim == 1)",
        "not in `h.1.fc.weight`; ndim is 2",
    )
    assert held("not (ndim == 2 and name ~ ln)") == (
        "not (ndim == 2 and name ~ ln)",
        "`name ~ ln`: not in `h.1.fc.weight`",
    )
    assert failed("not trainable") == ("not trainable", "")
    assert failed("ndim == 1 or not name ~ fc or not (ndim == 2 and size > 1)") == (
        "ndim == 1 or not name ~ fc or not (ndim == 2 and size > 1)",
        "ndim is 2; finds `fc`",
    )


def test_the_name_and_the_let_behind_a_not() -> None:
    lets = "let head = name ~ lm_head\nlet ends = head or name ~ fc\n"
    axis = explained(f"{lets}b?: not ends\na?: not head and ndim == 3\nrest: else\n", "wte.weight")
    assert told(axis.earlier) == [
        ("b", "not ends", "`ends: head: name ~ lm_head`: finds `lm_head`"),
        ("a", "not head", "`head: name ~ lm_head`: finds `lm_head`"),
    ]
    assert [verdict.clause.name for verdict in axis.earlier if verdict.clause] == ["lm_head.weight"] * 2


def test_lets_that_use_each_other_twice_stay_cheap() -> None:
    lets = [f"let a{n} = (not a{n - 1} or not b{n - 1}) and ndim == 2 or ndim == 3" for n in range(1, 19)]
    lets = [
        line
        for n, one in enumerate(lets, 1)
        for line in (one, one.replace(f"let a{n}", f"let b{n}").replace("ndim == 3", "ndim == 4"))
    ]
    rules = ["x?: not a18", "rest: else", ""]
    text = "\n".join(["let a0 = ndim == 5", "let b0 = ndim == 6", *lets, *rules])
    axis = explained(text, "h.1.fc.weight")
    clauses = [axis.clause, *(verdict.clause for verdict in axis.earlier)]
    assert all(clause is None or len(clause.note) < 1000 for clause in clauses)


def test_a_table_of_many_shows_the_label_that_all_have() -> None:
    rules = paramrules.parse("b_{i+1}: name ~ ^h\\.(?<i>\\d+)\\.\nrest: else\n", "net.rules")
    assignment = paramrules.assign(rules, GPT)

    def labels(*names: str) -> list[str]:
        table = explanation_table([assignment.explain(name) for name in names])[-1]
        assert isinstance(table, Table)
        return [row[1] for row in table.rows]

    assert labels("h.0.fc.weight", "h.0.ln.weight") == ["b_1", "b_1"]
    assert labels("h.0.fc.weight", "h.1.fc.weight") == ["b_{i+1}"]
    assert labels("wte.weight") == ["rest"]


def test_the_stored_shape_is_a_fact_where_it_differs() -> None:
    own = {"owner": None, "role": "weight", "dtype": "float32", "trainable": True, "variable": 0}
    shapes = {"w": [2, 3], "v": [6]}
    saved = {
        "paramrules_inventory": 2,
        "framework": "toy",
        "unknown": {},
        "classes": [["toy.Parameter", []]],
        "owners": [],
        "parameters": [{**own, "name": name, "shape": shapes[name], "stored": [2, 3]} for name in shapes],
    }
    inventory = paramrules.Inventory.from_json(json.dumps(saved))
    assignment = paramrules.assign(paramrules.parse("a: else\n"), inventory)
    facts = [dict(assignment.explain(name).facts()).get("stored") for name in shapes]
    assert facts == [None, "(2, 3)"]


def test_an_attribute_of_another_value_stands_where_the_rule_looks() -> None:
    inventory = inventory_of([{"name": "w", "shape": [2], "attributes": {"lr_mult": 2}}])
    for test, help in (
        ("attr(lr_mult) == 5", "if that is intended, write `a?:`"),
        ("module_attr(lr_mult) == 5", "`lr_mult` is set on parameters: write `attr(lr_mult)`"),
    ):
        (finding,) = paramrules.assign(paramrules.parse(f"a: {test}\nb: else\n"), inventory).findings
        assert (finding.code, finding.help) == ("W201", help)

"""The report of an assignment: sizes, rows, what is left, dead, frozen or tied; as text and as HTML."""

import sys
from types import SimpleNamespace

import pytest
from gpt import GPT
from support import inventory_of

import paramrules
from paramrules.assignment import GroupSize, parse_options

RULES = """\
option rate = 0.5
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
never: ndim > 5
may?: leaf == "beta"
[lr]
low: name ~ ^h\\.0\\. -> lr_scale = rate
stopped: name ~ ^h\\.1\\. -> freeze = true
"""


@pytest.fixture(scope="module")
def gpt() -> paramrules.Assignment:
    return paramrules.assign(paramrules.parse(RULES, "m.rules"), GPT)


def test_a_printed_assignment_is_its_table(gpt: paramrules.Assignment) -> None:
    assert str(gpt) == PRINTED
    assert gpt.model_size in PRINTED


def test_a_notebook_shows_the_same(gpt: paramrules.Assignment) -> None:
    shown = gpt._repr_html_()
    assert "</style><div>m.rules: 14 tensors, " in shown
    assert "no_decay/low</th><td>weight_decay=0, lr_scale=0.5</td>" in shown
    assert "<details><summary>Rates over depth</summary><figure" in shown
    assert "<script" not in shown
    assert "<div>dead rule: `never` at m.rules:4</div>" in shown


def test_what_is_shown_of_many_groups_is_short() -> None:
    many = paramrules.assign(
        paramrules.parse("layer_{i}: name ~ ^layer\\.(?<i>\\d+)"),
        inventory_of([f"layer.{number}.weight" for number in range(150)]),
    )
    shown = many._repr_html_()
    assert shown.count("<tr data-group=") == 100
    assert "layer_99</th>" in shown
    assert "layer_100</th>" not in shown
    assert ">total</th>" in shown
    assert "<p>and 50 more groups</p>" in shown
    assert repr(many.axes[0]) == (
        "<AxisLabels '': layer_0, layer_1, layer_2, layer_3, layer_4, layer_5, layer_6, layer_7, "
        "and 142 more>"
    )
    assert len(str(many).splitlines()) == 2 + 1 + 150 + 1


def test_an_assignment_without_anything_to_add_is_a_table_alone() -> None:
    assignment = paramrules.assign(paramrules.parse("all: else"), paramrules.Inventory.from_json(PLAIN))
    assert "rates over depth" not in paramrules.assign(FROZEN, GPT)._repr_html_().lower()
    assert str(assignment) == (
        "<rules>: 1 tensor, 4 parameters (torch)\n\n"
        "group  settings  tensors  parameters   share\n"
        "all    -               1           4  100.0%\n"
        "total                  1           4"
    )


FROZEN = paramrules.parse("all: else -> freeze = true")
PLAIN = """{"paramrules_inventory": 1, "framework": "torch", "unknown": {}, "classes": [["M", []]],
"owners": [[0]],
"parameters": [{"name": "w", "owner": 0, "shape": [4], "dtype": "float32", "trainable": true, "variable": 0,
"role": "weight"}]}"""


def test_what_is_trained_and_how_much(gpt: paramrules.Assignment) -> None:
    frozen = {name for name, trained in zip(GPT.names, gpt.trained, strict=False) if not trained}
    assert frozen == {name for name in GPT.names if name.startswith(("h.1.", "frozen"))}
    sizes = dict(zip((group.label for group in gpt.groups), gpt.sizes, strict=True))
    assert sizes["no_decay/stopped"] == GroupSize(0, 0, 0.0)
    assert sum(size.share for size in gpt.sizes) == pytest.approx(1)
    elements = GPT.column("elements")
    low = [elements[number] for number in gpt.group("no_decay/low").parameters]
    assert sizes["no_decay/low"][:2] == (len(low), sum(low))


def test_nothing_is_trained() -> None:
    frozen = paramrules.assign(paramrules.parse("all: else -> freeze = true"), GPT)
    assert frozen.sizes == (GroupSize(0, 0, 0.0),)


def test_rows_are_plain_values(gpt: paramrules.Assignment) -> None:
    first = gpt.rows()[0]
    assert first == {
        "label": "no_decay/low",
        "labels": {"decay": "no_decay", "lr": "low"},
        "settings": {"weight_decay": 0, "lr_scale": 0.5},
        **gpt.sizes[0]._asdict(),
        "names": list(gpt.names("no_decay/low")),
    }
    assert [row["label"] for row in gpt.rows()] == [group.label for group in gpt.groups]


def test_groups_and_names_by_label(gpt: paramrules.Assignment) -> None:
    group = gpt.group("no_decay/low")
    assert group is gpt.groups[0]
    assert gpt.names("no_decay/low") == gpt.names(group)
    assert all(name.startswith("h.0.") for name in gpt.names(group))
    with pytest.raises(paramrules.RulesError) as near:
        gpt.names("no_decay/lo")
    assert str(near.value) == (
        "\nerror[E602]: there is no group `no_decay/lo`\n  = help: did you mean `no_decay/low`?"
    )
    with pytest.raises(paramrules.RulesError) as part:
        gpt.group("low")
    assert str(part.value) == (
        "\nerror[E602]: there is no group `low`\n"
        '  = help: it is a label of the axis `lr`: `names("low", "lr")` returns its parameters'
    )
    assert gpt.names("low", "lr")
    with pytest.raises(paramrules.RulesError, match="= help: the groups: `no_decay/low`, `no_decay/stopped`"):
        gpt.group("x")
    split = paramrules.assign(paramrules.parse("all: else -> lr_scale = index(name ~ ^(.+)$)"), GPT)
    with pytest.raises(paramrules.RulesError, match=r"`all#8`, \.\.\."):
        split.group("x")


def test_names_by_the_label_of_one_axis(gpt: paramrules.Assignment) -> None:
    low = gpt.names("low")
    assert low == tuple(name for name in GPT.names[: len(GPT)] if name.startswith("h.0."))
    assert gpt.names("low", axis="lr") == low
    assert set(gpt.names("no_decay/low")) < set(low)
    assert len(gpt.names("default", axis="decay")) == 5
    split = paramrules.assign(paramrules.parse("all: else -> lr_scale = index(name ~ ^(.+)$)"), GPT)
    assert split.names("all") == tuple(GPT.names[: len(GPT)])


@pytest.mark.parametrize(
    ("label", "axis", "message"),
    [
        (
            "default",
            None,
            "error[E602]: the axes `decay` and `lr` each have a label `default`\n"
            '  = help: name the axis: `axis="decay"`',
        ),
        ("stoped", None, "error[E602]: there is no group `stoped`\n  = help: did you mean `stopped`?"),
        (
            "no_decay",
            "lr",
            "error[E602]: there is no group `no_decay`\n  = help: the labels: `low`, `stopped`, `default`",
        ),
        ("low", "lrr", "error[E603]: `m.rules` has no axis `lrr`\n  = help: did you mean `lr`?"),
        (3, "lr", "error[E602]: there is no group `3`\n  = help: the labels: `low`, `stopped`, `default`"),
    ],
)
def test_labels_that_name_no_parameters(
    gpt: paramrules.Assignment, label: str, axis: str | None, message: str
) -> None:
    with pytest.raises(paramrules.RulesError) as raised:
        gpt.names(label, axis)
    assert str(raised.value) == f"\n{message}"


def test_a_frame_needs_pandas(gpt: paramrules.Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError) as raised:
        gpt.to_frame()
    assert str(raised.value) == (
        "`to_frame` needs pandas: `pip install pandas`; `assignment.rows()` returns plain values"
    )
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(json_normalize=lambda rows: ("frame", rows)))
    assert gpt.to_frame() == ("frame", gpt.rows())


def test_a_frame_has_a_column_for_each_axis_and_setting(gpt: paramrules.Assignment) -> None:
    pytest.importorskip("pandas", reason="nothing else here needs pandas")
    frame = gpt.to_frame()
    assert list(frame.columns) == [
        "label",
        "tensors",
        "parameters",
        "share",
        "names",
        "labels.decay",
        "labels.lr",
        "settings.weight_decay",
        "settings.lr_scale",
        "settings.freeze",
    ]
    low = frame.set_index("label").loc["no_decay/low"]
    assert (low["labels.lr"], low["settings.lr_scale"], low["tensors"]) == ("low", 0.5, 3)


def test_what_an_axis_leaves_and_which_rules_are_dead(gpt: paramrules.Assignment) -> None:
    decay, lr = gpt.axes
    assert [rule.label.text for rule in decay.dead] == ["never"]
    assert lr.dead == ()
    assert {GPT.names[number] for number in lr.left} == {
        name for name in GPT.names[: len(GPT)] if not name.startswith(("h.0.", "h.1."))
    }
    assert repr(lr) == "<AxisLabels 'lr': low, stopped, default>"


def test_groups_and_explanations_have_short_reprs_and_tables(gpt: paramrules.Assignment) -> None:
    group = gpt.group("no_decay/low")
    assert repr(group) == "<Group no_decay/low: 3 tensors, weight_decay=0, lr_scale=0.5>"
    assert "<td>no_decay/low</td><td>weight_decay=0, lr_scale=0.5</td>" in group._repr_html_()
    explanation = gpt.explain("h.0.fc.bias")
    assert repr(explanation) == "<Explanation of h.0.fc.bias: no_decay/low>"
    shown = explanation._repr_html_()
    assert shown.startswith("<div>h.0.fc.bias</div><table>")
    assert "<td>won</td><td>no_decay</td><td>m.rules:3</td><td>ndim &lt;= 1 (ndim is 1)</td>" in shown


def test_rules_and_inventories_in_a_notebook(gpt: paramrules.Assignment) -> None:
    assert repr(gpt.rules) == "<Rules m.rules: 5 rules in [decay], [lr]>"
    assert repr(paramrules.parse("all: else")) == "<Rules <rules>: 1 rule>"
    shown = gpt.rules._repr_html_()
    assert shown.startswith("<div>m.rules</div><pre>option rate = 0.5\n[decay]\nno_decay: ndim &lt;= 1")
    inventory = GPT._repr_html_()
    assert inventory.startswith("<div>Inventory of 14 parameters, torch</div><table>")
    assert "<td>wte.weight</td>" in inventory
    assert "more" not in inventory
    large = inventory_of([f"layer.{number}.weight" for number in range(25)])
    assert large._repr_html_().endswith("</table><div>and 5 more</div>")


def test_options_as_texts() -> None:
    rules = paramrules.parse('option a = 1\noption b = "x"\noption c = true\noption d\nall: else\n')
    texts = {"a": "0.5", "b": "7", "c": "false", "d": "3", "e": "true", "f": "f"}
    assert parse_options(rules, texts) == {"a": 0.5, "b": "7", "c": False, "d": 3, "e": True, "f": "f"}
    assert parse_options(rules, {"a": "fast", "c": "1"}) == {"a": "fast", "c": "1"}


PRINTED = """\
m.rules: 14 tensors, 200 parameters (torch)

group             settings                      tensors  parameters   share
no_decay/low      weight_decay=0, lr_scale=0.5        3          12    8.8%
no_decay/stopped  weight_decay=0, freeze=true         0           0  frozen
no_decay/default  weight_decay=0                      3          20   14.7%
default/low       lr_scale=0.5                        1          16   11.8%
default/stopped   freeze=true                         0           0  frozen
default/default   -                                   2          88   64.7%
total                                                 9         136

left to `default` in [decay]: 5 tensors (wte.weight, h.{0..2}.fc.weight, frozen.weight)
left to `default` in [lr]: 6 tensors (wte.weight, h.2.ln.weight, h.2.ln.bias, h.2.fc.weight, and 2 more)
dead rule: `never` at m.rules:4
frozen: 5 tensors (h.1.ln.weight, h.1.ln.bias, h.1.fc.weight, h.1.fc.bias, and 1 more)
tied: wte.weight = lm_head.weight"""

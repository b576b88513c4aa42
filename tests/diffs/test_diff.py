"""Diffs of two assignments to a model."""

import re
from dataclasses import replace
from typing import Any

import pytest
from support import calls, inventory_of

import paramrules
from paramrules.assignment.grouping import Slot
from paramrules.diffs.sides import diffs_of_locks
from paramrules.inventories.parameter import Layer
from paramrules.locks import Lock, LockedModel

ROWS: list[Any] = [
    {"name": "wte.weight", "shape": [10, 4], "also": ["head.weight"]},
    *(
        {"name": f"h.{i}.{leaf}", "shape": shape}
        for i in range(3)
        for leaf, shape in (("fc.weight", [4, 4]), ("fc.bias", [4]))
    ),
    {"name": "norm.weight", "shape": [4]},
]
OLD = """\
option rate = 0.5
[decay]
no_decay: ndim <= 1
decay: else
[lr]
block_{i}: name ~ ^h\\.(?<i>\\d+) -> lr_scale = rate ** (2 - i)
rest: else
"""


def model(rules: str = OLD, rows: list[Any] | None = None, **changes: Any) -> LockedModel:
    assignment = paramrules.assign(paramrules.parse(rules, "net.rules"), inventory_of(rows or ROWS))
    return replace(paramrules.lock({"net": assignment}).models[0], **changes)


def shown(old: LockedModel, new: LockedModel, compare: str = "both") -> str:
    """The report, with the spaces between columns as two."""
    lines = str(paramrules.diff(old, new, compare=compare)).splitlines()
    return "\n".join("  ".join(filter(None, map(str.strip, line.split("  ")))) for line in lines) + "\n"


def test_the_same() -> None:
    diff = paramrules.diff(model(), model())
    assert diff.same
    assert str(diff) == "the same groups"
    assert repr(diff) == "<Diff of 'net': the same groups>"
    assert shown(model(), model(), "settings") == "the same settings\n"


MOVED = """\
moved from  to  settings  tensors  parameters  names
no_decay/block_{0,1}  decay/block_{0,1}  lr_scale 0.25..0.5 -> 0.0625..0.25, weight_decay 0 -> -  2  8  \
h.{0,1}.fc.bias
no_decay/block_2  decay/block_2  weight_decay 0 -> -  1  4  h.2.fc.bias

settings changed in  settings  tensors  parameters  names
decay/block_{0,1}  lr_scale 0.25..0.5 -> 0.0625..0.25  2  32  h.{0,1}.fc.weight

gone: 3 groups (no_decay/block_{0..2})
option rate: 0.5 -> 0.25

3 tensors moved, 2 with other settings
"""


def test_moves_and_settings() -> None:
    new = OLD.replace("ndim <= 1", "name ~ norm").replace("rate = 0.5", "rate = 0.25")
    assert shown(model(), model(new)) == MOVED
    diff = paramrules.diff(model(), model(new))
    assert diff.rows()[0] == {
        "kind": "moved",
        "old": "no_decay/block_0",
        "new": "decay/block_0",
        "tensors": 1,
        "parameters": 4,
        "settings": {"weight_decay": [0, None], "lr_scale": [0.25, 0.0625]},
        "detail": None,
        "names": ["h.0.fc.bias"],
    }
    report = "\n".join(
        block if isinstance(block, str) else block.text() for block in diff.report(with_names=True)
    )
    assert "  h.2.fc.bias\n" in report
    assert "{" not in report.partition("gone")[0]


def test_what_is_compared() -> None:
    renamed = OLD.replace("no_decay: ndim <= 1", "spared: ndim <= 1 -> weight_decay = 0")
    assert shown(model(), model(renamed), "settings") == "the same settings\n"
    assert shown(model(), model(renamed), "labels").splitlines()[1:3] == [
        "no_decay/block_{0..2}  spared/block_{0..2}  the same  3  12  h.{0..2}.fc.bias",
        "no_decay/rest  spared/rest  the same  1  4  norm.weight",
    ]
    neutral = OLD.replace("rest: else", "rest: else -> lr_scale = 1")
    assert paramrules.diff(model(), model(neutral), compare="settings").same
    assert shown(model(), model(neutral)) == shown(model(), model(neutral), "labels")
    assert not paramrules.diff(model(), model(neutral)).same
    merged = OLD.replace("no_decay: ndim <= 1", "decay: ndim <= 1 -> weight_decay = 0").replace(
        "decay: else", ""
    )
    assert shown(model(), model(merged), "settings").splitlines()[0] == "the same settings"
    moved = OLD.replace("block_{i}: name ~ ^h", "block_{i+1}: name ~ ^h").replace("2 - i", "3 - i")
    assert shown(model(), model(moved), "settings").splitlines()[1] == (
        "decay/block_{0..2} -> decay/block_{1..3}  lr_scale 0.25..1 -> 0.125..0.5  3  48  h.{0..2}.fc.weight"
    )
    with pytest.raises(paramrules.RulesError) as raised:
        paramrules.diff(model(), model(), compare="names")
    assert raised.value.diagnostics[0].code == "E808"


def test_values_that_differ_in_late_digits() -> None:
    one, other = (OLD.replace("rate = 0.5", f"rate = 0.{digits}") for digits in ("50000001", "50000002"))
    assert "lr_scale 0.25000001000000016..0.50000001 -> 0.2500000200000004..0.50000002" in shown(
        model(one), model(other)
    )
    rounded = replace(model(), options={"rate": 0.5 * (1 + 1e-15)})
    assert shown(model(), rounded) == "the same groups\n"


CHANGED = """\
came to  tensors  parameters  names
decay/rest  1  48  head.weight
no_decay/rest  1  4  norm.bias

went from  tensors  parameters  names
decay/block_2  1  16  h.2.fc.weight
no_decay/block_2  1  4  h.2.fc.bias

shape changed in  from  to  tensors  parameters  names
decay/rest  (10, 4)  (12, 4)  1  48  wte.weight

mark changed in  from  to  tensors  parameters  names
no_decay/block_1  trainable  frozen  1  4  h.1.fc.bias

tie changed in  from  to  tensors  parameters  names
decay/rest  head.weight, wte.weight  wte.weight  1  48  wte.weight

gone: 2 groups (no_decay/block_2, decay/block_2)

2 tensors came, 2 went, 1 with another shape, 1 frozen or thawed, 1 tied otherwise
"""


def test_the_model_has_changed() -> None:
    rows = [
        {"name": "wte.weight", "shape": [12, 4]},
        *ROWS[1:4],
        {"name": "h.1.fc.bias", "shape": [4], "trainable": False},
        {"name": "head.weight", "shape": [12, 4]},
        {"name": "norm.weight", "shape": [4]},
        {"name": "norm.bias", "shape": [4]},
    ]
    assert shown(model(), model(rows=rows)) == CHANGED


TIED = """\
tie changed in  from  to  tensors  parameters  names
decay/rest  head.weight  head.weight, wte.weight  1  40  wte.weight

1 tensor tied otherwise
"""


def test_a_tie_is_found_by_any_of_its_names() -> None:
    old = model(rows=[{"name": "head.weight", "shape": [10, 4]}, *ROWS[1:]])
    assert shown(old, model()) == TIED


STACKED = """\
stack changed in  from  to  tensors  parameters  names
decay/block_0  an array of its own  layer 0 of axis 0 of h.fc.weight  1  16  h.0.fc.weight
decay/block_1  an array of its own  layer 1 of axis 0 of h.fc.weight  1  16  h.1.fc.weight

2 tensors stacked otherwise
"""


def test_stacks() -> None:
    stacked = model(stacks={1: Layer("h.fc.weight", (0,), (0,)), 3: Layer("h.fc.weight", (0,), (1,))})
    assert shown(model(), stacked) == STACKED


ORDER = """\
the {} are in another order, which a state saved by position does not survive

the same groups in another order
"""


def test_order() -> None:
    turned = [ROWS[0], *reversed(ROWS[1:3]), *ROWS[3:]]
    assert shown(model(), model(rows=turned)) == ORDER.format("parameters")
    other = "[decay]\ndecay: ndim > 1\nno_decay: else\n" + OLD[OLD.index("[lr]") :]
    old = OLD.replace("option rate = 0.5\n", "").replace("rate", "0.5")
    assert shown(model(old), model(other.replace("rate", "0.5"))) == ORDER.format("groups")
    assert shown(model(old), model(other.replace("rate", "0.5")), "settings") == "the same settings\n"


MARKDOWN = """\
### `net.rules` on `net`

3 tensors moved, 1 came.

| moved from | to | settings | tensors | parameters | names |
| --- | --- | --- | ---: | ---: | --- |
| `no_decay/block_{0..2}` | `decay/block_{0..2}` | `weight_decay 0 -> -` | 3 | 12 | `h.{0..2}.fc.bias` |

| came to | tensors | parameters | names |
| --- | ---: | ---: | --- |
| `decay/rest` | 1 | 16 | `` a\\|b`c `` |

- gone: 3 groups (no\\_decay/block\\_\\{0..2\\})
"""


def test_markdown() -> None:
    new = OLD.replace("ndim <= 1", "name ~ norm")
    rows = [*ROWS, {"name": "a|b`c", "shape": [4, 4]}]
    assert paramrules.diff(model(), model(new, rows), compare="both").markdown() == MARKDOWN
    many = [{"name": f"w{chr(97 + n // 26)}{chr(97 + n % 26)}", "shape": [4]} for n in range(60)]
    a, b = (model(f"{label}_{{x}}: name ~ ^(?<x>.+)$\n", many) for label in "ab")
    text = paramrules.diff(a, b).markdown()
    assert text.count("\n| `a_") == 50
    assert "\n\nand 10 more rows\n" in text
    assert paramrules.diff(model(), model()).markdown() == "### `net.rules` on `net`\n\nthe same groups.\n"


def test_two_locks() -> None:
    one, other, third = (replace(model(), model=name) for name in ("one", "other", "third"))
    both = diffs_of_locks(Lock((one, other)), Lock((other, one)))
    assert (both.same, [diff.new.model for diff in both.diffs]) == (True, ["other", "one"])
    assert both.summary == "0 models of 2 differ"
    renamed = diffs_of_locks(Lock((one, other)), Lock((one, third)))
    assert renamed.same  # a saved inventory has another name than its model
    fewer = diffs_of_locks(Lock((one, other)), Lock((third,)))
    assert (fewer.diffs, fewer.went, fewer.came, fewer.same) == ((), ("one", "other"), ("third",), False)
    assert fewer.summary == "3 models of 3 differ"
    assert (
        fewer.markdown()
        == "- no longer locked: `one`\n- no longer locked: `other`\n- newly locked: `third`\n"
    )


def test_the_sides_of_a_diff() -> None:
    rules = paramrules.parse(OLD, "net.rules")
    inventory = inventory_of(ROWS)
    assignment = paramrules.assign(rules, inventory, options={"rate": 0.25})
    assert paramrules.diff(rules, assignment, inventory, options={"rate": 0.25}).same
    assert paramrules.diff(paramrules.lock(assignment), assignment).same
    with pytest.raises(paramrules.RulesError) as raised:
        paramrules.diff(rules, assignment)
    assert str(raised.value) == (
        "\nerror[E912]: `net.rules` holds rules, which make groups only of a model\n"
        "  = help: pass the model: `paramrules.diff(old, new, model)`"
    )
    with pytest.raises(TypeError) as failed:
        paramrules.diff(rules, 3, inventory)  # type: ignore[arg-type]
    assert str(failed.value) == (
        "write `paramrules.diff(old, new, model)`, with paths of rules or locks, or what `read_lock`, `load` "
        "or `assign` returned; this is an `int`"
    )
    several = paramrules.lock({"a": assignment, "b": assignment})
    assert paramrules.diff(several, several, name="b").same
    with pytest.raises(paramrules.RulesError) as raised:
        paramrules.diff(several, assignment)
    assert "the lock has no model `model`" in str(raised.value)


def test_versions_of_packages_stand_below_what_differs() -> None:
    old = model(versions={"torch": "2.9", "timm": "1.0.20", "flax": "0.12"})
    versions = {"torch": "2.9", "timm": "1.0.31", "jax": "0.8"}
    unchanged = paramrules.diff(old, model(versions=versions))
    assert (unchanged.same, str(unchanged)) == (True, "the same groups")
    assert unchanged.versions == {"timm": ("1.0.20", "1.0.31")}
    moved = model(OLD.replace("<= 1", "<= 2"), versions=versions)
    assert shown(old, moved).splitlines()[-3] == "versions: timm 1.0.20 -> 1.0.31"


def test_options_go_to_the_side_that_declares_them() -> None:
    old, new = paramrules.parse(OLD), paramrules.parse(OLD.replace("rate", "speed"))
    inventory = inventory_of(ROWS)
    assert paramrules.diff(old, new, inventory, options={"rate": 0.25, "speed": 0.25}).same
    with pytest.raises(paramrules.RulesError) as raised:
        paramrules.diff(old, new, inventory, options={"rat": 0.25})
    assert raised.value.diagnostics[0].code == "E211"


WIDE = """\
settings changed in  settings  tensors  parameters  names
wide#1, wide#2  lr_scale 0.4..1 -> 0.8..2  4  88  wte.weight, h.{0..2}.fc.weight

4 tensors with other settings
"""


def test_settings_that_vary_inside_a_label() -> None:
    rules = "wide: ndim == 2 -> lr_scale = 4 / shape[0]\nrest: else\n"
    old, new = model(rules), model(rules.replace("4 /", "8 /"))
    assert [axis.slots[0] for axis in old.axes] == [Slot("wide", "wide#1", {"lr_scale": 0.4})]
    assert shown(old, new) == WIDE


def test_steps_are_in_proportion() -> None:
    def steps(layers: int) -> int:
        rows = [{"name": f"h.{i}.{k}", "shape": [4, 4][: k + 1]} for i in range(layers) for k in range(2)]
        old, new = model(OLD, rows), model(OLD.replace("rate = 0.5", "rate = 0.25"), rows)
        return calls(lambda: str(paramrules.diff(old, new)))

    assert steps(160) < 9 * steps(20)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a|b", '`tag - -> "a\\|b"`'),
        ("a\\b", '`tag - -> "a\\b"`'),
        ("a\\|b", "<code>tag - -&#62; &#34;a&#92;&#124;b&#34;</code>"),
        ("\\|<b>@x", "<code>tag - -&#62; &#34;&#92;&#124;&#60;b&#62;&#64;x&#34;</code>"),
    ],
)
def test_no_text_ends_a_cell(text: str, cell: str) -> None:
    """A bar ends a cell unless an odd number of backslashes stands in front of it."""
    old, new = "a: else\n", f'a: else -> tag = "{text}"\n'
    lines = paramrules.diff(model(old), model(new)).markdown().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert f"| {cell} |" in rows[-1]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {6}


def test_names_in_markdown() -> None:
    old, new = model(), model(OLD.replace("<= 1", "<= 2"))
    named = replace(new, model="a|b`", rules="")
    lines = paramrules.diff(old, named).markdown().splitlines()
    assert lines[0] == "###  on `` a|b` ``"
    bars = [{**row, "name": row["name"].replace("fc.bias", "a|b.bias")} for row in ROWS]
    table = paramrules.diff(model(rows=bars), model(OLD.replace("<= 1", "< 1"), rows=bars)).markdown()
    assert ".a\\|b.bias` |" in table

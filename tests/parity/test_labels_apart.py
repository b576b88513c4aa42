"""What each model shows at the place where two put a parameter into different groups (E801)."""

import pytest
from support import inventory_of

import paramrules
from paramrules import Inventory

BLOCK = r"let block = name ~ ^blocks\.(?<i>\d+)\."


def blocks(*names: str, **facts: object) -> Inventory:
    return inventory_of([{"name": name, "shape": [8, 4], **facts} for name in names])


def deep(count: int) -> Inventory:
    return blocks(*(f"blocks.{i}.weight" for i in range(count)))


def places(text: str, a: Inventory, b: Inventory) -> list[tuple[str, str]]:
    """Return the text and the label of the two places of the first difference."""
    finding = paramrules.parity(paramrules.parse(text, "a.rules"), a, b).findings[0]
    assert finding.code == "E801"
    assert finding.span
    return [(span.text, label) for span, label in ((finding.span, finding.label), *finding.also)]


def test_a_count_that_decides_is_told_for_both_models() -> None:
    rules = paramrules.parse(f"{BLOCK}\nlate: block and i * 2 >= count(block)\nrest: else", "a.rules")
    found = paramrules.parity(rules, deep(4), deep(2))
    assert (
        paramrules.render(found.findings[0])
        == """\
error[E801]: `blocks.1.weight` is in `rest`, its partner `blocks.1.weight` in `late`
  --> a.rules:2:17
   |
 2 | late: block and i * 2 >= count(block)
   |                 ^^^^^^^^^^^^^^^^^^^^^ fails in the first model: i * 2 is 2, count(block) is 4
  --> a.rules:2:7
   |
 2 | late: block and i * 2 >= count(block)
   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ holds in the second: i * 2 is 2, count(block) is 2"""
    )


@pytest.mark.parametrize(
    ("rule", "place", "seen"),
    [
        ("a: block -> lr_scale = 0.5 ** (count(block) - i)", "lr_scale = 0.5 ** (count(block) - i)", ""),
        ("a_{count(block) - i}: block", "a_{count(block) - i}", ""),
        ("a: block -> lr = 1, lr_scale = depth", "lr_scale = depth", "depth"),
        ("a: name ~ none -> lr_scale = depth\na: block", "lr_scale = depth", "depth"),
    ],
)
def test_what_a_rule_reads_is_told_where_it_takes_both(rule: str, place: str, seen: str) -> None:
    seen = seen or "count(block)"
    text = f"{BLOCK}\nlet depth = count(block)\n{rule}"
    assert places(text, deep(4), deep(2)) == [
        (place, f"in the first model, {seen} is 4"),
        (place, f"in the second, {seen} is 2"),
    ]


def test_an_index_is_told() -> None:
    a, b = blocks("blocks.1.weight"), blocks("blocks.0.bias", "blocks.1.weight")
    assert places(f"{BLOCK}\na_{{index(block)}}: block", a, b) == [
        ("a_{index(block)}", "in the first model, index(block) is 0"),
        ("a_{index(block)}", "in the second, index(block) is 1"),
    ]


@pytest.mark.parametrize("label", ["a_{i}", "a_{i+0}"])
def test_settings_that_one_model_takes_from_another_rule(label: str) -> None:
    """The first rule that takes something gives a label its settings, however the label is written."""
    a = blocks("blocks.1.head", "blocks.1.weight")
    text = f"{BLOCK}\na_{{i}}: block and leaf == 'head' -> lr_scale = 2\n{label}: block"
    assert places(text, a, blocks("blocks.1.weight")) == [
        ("lr_scale = 2", "in the first model, lr_scale = 2"),
        ("lr_scale = 2", "in the second, no settings"),
    ]


@pytest.mark.parametrize(
    ("predicate", "held", "failed"),
    [
        ("block and leaf == 'weight'", "leaf is `weight`", "leaf is `scale`"),
        ("named", "leaf is `weight`", "leaf is `scale`"),
        ("not leaf == 'scale'", "leaf is `weight`", "leaf is `scale`"),
        ("i_is_0 and leaf == 'weight'", "leaf is `weight`", "leaf is `scale`"),
        ("ndim > 2 or leaf == 'weight'", "leaf is `weight`", "ndim is 2; leaf is `scale`"),
        ("ndim > 2 or ndim > 1 and leaf == 'weight'", "leaf is `weight`", "ndim is 2; leaf is `scale`"),
    ],
)
def test_the_clause_that_fails_on_one_side_is_told_for_both(predicate: str, held: str, failed: str) -> None:
    lets = "let named = block and i >= 0 and leaf == 'weight'\nlet i_is_0 = block and i == 0"
    text = f"{BLOCK}\n{lets}\na: {predicate}\nrest: else"
    a, b = blocks("blocks.0.weight"), blocks("blocks.0.scale")
    labels = [f"holds for `blocks.0.weight`: {held}", f"fails for `blocks.0.scale`: {failed}"]
    assert [label for _, label in places(text, a, b)] == labels
    assert [label for _, label in places(text, b, a)] == labels[::-1]


def test_a_capture_inside_a_let_is_read_there() -> None:
    text = f"{BLOCK}\nlet first = block and i < 1\na: first and ndim > 1\nrest: else"
    a, b = blocks("blocks.0.weight"), blocks("blocks.1.weight")
    mapped = paramrules.parity(paramrules.parse(text), a, b).findings[0]
    assert [mapped.label, mapped.also[0].label] == [
        "holds for `blocks.0.weight`: i is 0",
        "fails for `blocks.1.weight`: i is 1",
    ]


def test_a_flag_says_all_by_itself() -> None:
    a, b = blocks("blocks.0.weight"), blocks("blocks.0.weight", trainable=False)
    assert places("a: trainable\nrest: else", a, b) == [
        ("trainable", "holds in the first model"),
        ("trainable", "fails in the second"),
    ]


@pytest.mark.parametrize(
    ("predicate", "held", "failed"),
    [
        (
            "(name ~ ^blocks and attr(k) or name ~ ^layers) and (ndim == 2 or ndim == 1)",
            "finds `blocks`; attr(k) is 1",
            "not in `blocks.0.weight`",
        ),
        ("block and (i < 2 and attr(k) or i > 5)", "attr(k) is 1; i is 0", "i is 0"),
        # the branch behind the one that holds divides by zero, and nothing asks it
        (
            "ndim == 2 and (attr(k) or 8 / attr(d) > 1)",
            "attr(k) is 1",
            "attr(k) is not set; 8 / attr(d) is 0.8",
        ),
        (
            "not (ndim == 2 and (leaf == 'bias' or not attr(k)))",
            "`(leaf == 'bias' or not attr(k))`: leaf is `weight`; attr(k) is 1",
            "ndim is 2; attr(k) is not set",
        ),
    ],
)
def test_of_an_or_the_branch_that_held_is_told(predicate: str, held: str, failed: str) -> None:
    a, b = (
        blocks("blocks.0.weight", attributes={"k": 1, "d": 0}),
        blocks("blocks.0.weight", attributes={"d": 10}),
    )
    (_, holds), (_, fails) = places(f"{BLOCK}\na: {predicate}\nrest: else", a, b)
    assert holds.startswith(f"holds in the first model: {held}")
    assert fails.startswith(f"fails in the second: {failed}")


def test_settings_of_a_label_from_another_rule_are_those_that_count() -> None:
    text = (
        "b_{i}: name ~ x\\.(?<i>\\d+) -> lr = count(name ~ x\\.(\\d+))\n"
        "b_1: name ~ z -> lr = count(name ~ z\\.(\\d+)) + 10\n"
        "b_{i}: name ~ y\\.(?<i>\\d+)\n"
        "rest: else"
    )
    names = ["y.1.weight", "z.1.weight", "x.5.weight"]
    place = "lr = count(name ~ z\\.(\\d+)) + 10"
    assert places(text, blocks(*names), blocks(*names, "x.6.weight", "z.2.weight")) == [
        (place, "in the first model, count(name ~ z\\.(\\d+)) is 1"),
        (place, "in the second, count(name ~ z\\.(\\d+)) is 2"),
    ]


def test_what_a_label_read_of_another_parameter_is_no_reason() -> None:
    """The label has its settings from its first rule, which reads a capture that this one may lack."""
    text = (
        "b_{i}: name ~ x\\.(?<i>\\d+)\\.(?<j>\\d+) -> lr = j + 1\n"
        "b_{i}: name ~ y\\.(?<i>\\d+)\\.((?<j>\\d+)\\.)?\n"
        "rest: else"
    )
    a = inventory_of([{"name": "y.1.weight", "shape": [3, 3]}, {"name": "x.1.2.weight", "shape": [2]}])
    b = inventory_of([{"name": "y.1.6.weight", "shape": [3, 3]}, {"name": "x.1.3.weight", "shape": [2]}])
    place = "name ~ y\\.(?<i>\\d+)\\.((?<j>\\d+)\\.)?"
    assert places(text, a, b) == [
        (place, "for `y.1.weight`, lr = 3"),
        (place, "for `y.1.6.weight`, lr = 4"),
    ]

"""The text of a lock, whole, and how it is folded."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from support import inventory_of

import paramrules
from paramrules.assignment.grouping import Slot
from paramrules.locks import Lock
from paramrules.locks.fold_tree import Leaf, folded
from paramrules.locks.setting_lines import setting_lines

RULES = """\
option rate = 0.75
let block = name ~ ^blocks\\.(?<i>\\d+)\\.

[decay]
no_decay: ndim <= 1 or leaf == "pos"
decay: else

[lr]
block_{i+1}: block -> lr_scale = rate ** (count(block) - i)
wide: ndim == 2 -> lr_scale = 4 / shape[1]
"""

ROWS = [
    {"name": "pos", "shape": [1, 4, 8]},
    {"name": "wte.weight", "shape": [10, 8], "also": ["head.weight"]},
    *(
        {"name": f"blocks.{i}.{leaf}", "shape": shape, "trainable": i < 3}
        for i in range(4)
        for leaf, shape in (("norm.weight", [8]), ("fc.weight", [8, 8]), ("fc.bias", [8]))
    ),
    {"name": "last.weight", "shape": [8, 16]},
]

TEXT = """\
paramrules lock 1
# Review and commit this file. After a change or a merge conflict, lock again instead of editing it.

model net.json
rules net.rules
framework torch
option rate = 0.75

[decay]
no_decay: weight_decay = 0
decay: -

[lr]
block_1..4: lr_scale = 0.75 ** (5 - i)
wide#1: lr_scale = 0.25
wide#2: lr_scale = 0.5
default: -

parameters
pos  (1, 4, 8)  no_decay/default
wte.weight  (10, 8)  decay/wide#2  tied head.weight
blocks
  0..2
    norm.weight  (8,)  no_decay/block_{i+1}
    fc
      weight  (8, 8)  decay/block_{i+1}
      bias  (8,)  no_decay/block_{i+1}
  3
    norm.weight  (8,)  no_decay/block_4  frozen
    fc
      weight  (8, 8)  decay/block_4  frozen
      bias  (8,)  no_decay/block_4  frozen
last.weight  (8, 16)  decay/wide#1
end 15 tensors
"""


def test_the_whole_text() -> None:
    assignment = paramrules.assign(paramrules.parse(RULES, "rules/net.rules"), inventory_of(ROWS))
    lock = paramrules.lock({"net.json": assignment})
    assert Lock(tuple(replace(model, versions={}) for model in lock)).text == TEXT  # torch may be imported
    assert repr(lock) == "<Lock of 'net.json'>"
    assert repr(lock["net.json"]) == "<LockedModel 'net.json': 15 parameters in 11 groups>"
    assert len(lock) == 1
    assert hash(lock) == hash(Lock(lock.models, "elsewhere"))
    assert lock != lock.text


def test_versions_stand_in_the_text_and_are_never_compared() -> None:
    section = paramrules.lock(paramrules.assign(paramrules.parse("all: else"), inventory_of(["a"]))).models[0]
    older, newer = (Lock((replace(section, versions={"torch": each}),)) for each in ("2.8", "2.9"))
    assert older == newer
    assert "\nversions torch 2.9\n" in newer.text


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        (["h.0.w", "h.1.w"], ["h.0..1.w"]),
        (["w1", "w2"], ["w1", "w2"]),  # nothing but the name says that they are a series
        (["w1.x", "w2.x", "w3.x"], ["w1..3.x"]),
        (["layer_0.w", "layer_1.w"], ["layer_0..1.w"]),
        (["a.0", "a.2", "a.4", "a.7"], ["a", "  0..4..2", "  7"]),
        (["a.0", "b", "a.1"], ["a.0", "b", "a.1"]),
        (["a", "a.b", "a.c"], ["a", "  b", "  c"]),
        (["a.b", "a"], ["a.b", "a"]),
        (["", "a..b", "a.é"], ['""', "a", '  "".b', '  "\\u00e9"']),
        (["a.01", "a.02", "a.03"], ["a", "  01", "  02", "  03"]),
        ([f"s.{i}.b.{j}.w" for i in range(2) for j in range(3)], ["s.0..1.b.0..2.w"]),
        (["s.0.b.0", "s.0.b.1", "s.1.b.0", "s.1.b.1", "s.1.b.2"], ["s", "  0.b.0..1", "  1.b.0..2"]),
        (["h_9", "h_10", "h_11"], ["h_9..11"]),
        (sorted(f"h_{n}" for n in range(12)), ["h_0..11..text"]),
        (sorted(f"h.{n}.w" for n in range(1, 21)), ["h.1..20..text.w"]),
        (["h_0", "h_1", "h_10", "h_2"], ["h_0..1", "h_10", "h_2"]),
        (["h_0", "h_1", "h_10", "h_10x"], ["h_0..1", "h_10", "h_10x"]),
        (["h_1", "h_10", "h_19"], ["h_1..19..9"]),
        (["h_0", "h_1", "h_2"], ["h_0..2"]),
        (['"1', '"2', '"3'], ['"\\"1"', '"\\"2"', '"\\"3"']),
    ],
)
def test_folding_of_names(names: list[str], lines: list[str]) -> None:
    found = [line.replace("  ()  x", "") for line in folded(names, [Leaf("()", "x")] * len(names))]
    assert found == lines


@pytest.mark.parametrize(
    ("labels", "lines"),
    [
        (["b_1", "b_2", "b_3"], ["0..2  ()  b_{i+1}"]),
        (["b_3", "b_2", "b_1"], ["0..2  ()  b_{3-i}"]),
        (["b_7", "b_7", "b_7"], ["0..2  ()  b_7"]),
        (["b_0", "b_3", "b_6"], ["0..2  ()  b_{3*i}"]),
        (["b_0", "b_3"], ["0  ()  b_0", "1  ()  b_3"]),  # two show no series
        (["b_9", "b_1", "b_2"], ["0  ()  b_9", "1..2  ()  b_{i}"]),
        (["b_1_2", "b_1_3", "b_1_4"], ["0..2  ()  b_1_{i+2}"]),
        (["b_5", "b_6", "c"], ["0..1  ()  b_{i+5}", "2  ()  c"]),
        ([f"b_{n + 1}" for n in (0, 1, 10, 2)], ["0..1  ()  b_{i+1}", "2  ()  b_11", "3  ()  b_3"]),
    ],
)
def test_labels_inside_a_fold(labels: list[str], lines: list[str]) -> None:
    names = list(map(str, range(len(labels))))
    assert list(folded(names, [Leaf("()", label) for label in labels])) == lines


def test_labels_inside_a_fold_in_the_order_of_texts() -> None:
    order = sorted(range(12), key=str)
    leaves = [Leaf("()", f"b_{n + 1}") for n in order]
    assert list(folded([f"h_{n}" for n in order], leaves)) == ["h_0..11..text  ()  b_{i+1}"]
    leaves[-1] = Leaf("()", "b_7")
    assert len(list(folded([f"h_{n}" for n in order], leaves))) > 2


def test_numbers_inside_numbers() -> None:
    names = [f"s.{i}.b.{j}.w" for i in range(3) for j in range(3)]
    labels = [f"l{3 * i + j + 1}_{j}" for i in range(3) for j in range(3)]
    assert list(folded(names, [Leaf("()", label) for label in labels])) == [
        "s.0..2.b.0..2.w  ()  l{3*i+j+1}_{j}"
    ]
    deep = [".".join(digits) for digits in product("01", repeat=11)]
    labels = ["_".join(name.split(".")) for name in deep]
    letters = "}_{".join([*"ijkmnpqrst", "i10"])
    lines = [".".join(["0..1"] * 11) + "  ()  {" + letters + "}"]
    assert list(folded(deep, [Leaf("()", label) for label in labels])) == lines


def test_a_step_that_does_not_divide_the_labels_is_not_a_series() -> None:
    names, labels = ["0", "2", "4"], ["b_0", "b_1", "b_2"]
    assert len(list(folded(names, [Leaf("()", label) for label in labels]))) == 3


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([0.5, 0.25, 0.125], ["b_1..3: lr_scale = 0.5 ** i"]),
        ([0.25, 0.125, 0.0625], ["b_1..3: lr_scale = 0.5 ** (i + 1)"]),
        ([1.0, 0.5, 0.25], ["b_1..3: lr_scale = 0.5 ** (i - 1)"]),
        ([0.25, 0.5, 1.0], ["b_1..3: lr_scale = 0.5 ** (3 - i)"]),
        ([3 * 0.25, 3 * 0.5, 3 * 1.0], ["b_1..3: lr_scale = 3.0 * 0.5 ** (3 - i)"]),
        ([0.25, 0.5, 1.0, 7.0], ["b_1..3: lr_scale = 0.5 ** (3 - i)", "b_4: lr_scale = 7.0"]),
        ([2, 2, 2.0], ["b_1..2: lr_scale = 2", "b_3: lr_scale = 2.0"]),
        ([0.5, 0.25, True], ["b_1: lr_scale = 0.5", "b_2: lr_scale = 0.25", "b_3: lr_scale = true"]),
        ([1e-320, 1e300, 1.0], None),
        ([1.0, 1.0001, 1.0003], None),
        ([1e-300, 1.0, 2.0], None),
        ([1.0, 1e-300, 0.1], None),
    ],
)
def test_settings_that_count(values: list[float], lines: list[str] | None) -> None:
    slots = [Slot(f"b_{n}", f"b_{n}", {"lr_scale": value}) for n, value in enumerate(values, 1)]
    single = [f"b_{n}: lr_scale = {value!r}" for n, value in enumerate(values, 1)]
    assert list(setting_lines(slots)) == (single if lines is None else lines)


def test_saving(tmp_path: Path) -> None:
    lock = paramrules.lock(paramrules.assign(paramrules.parse("all: else"), inventory_of(["a.w"])))
    lock.save(tmp_path / "net.rules.lock")
    read = paramrules.read_lock(tmp_path / "net.rules.lock")
    assert read == lock
    assert read.name == str(tmp_path / "net.rules.lock")
    with pytest.raises(paramrules.RulesError) as raised:
        lock.save(tmp_path / "missing" / "net.rules.lock")
    assert [finding.code for finding in raised.value.diagnostics] == ["E703"]


def test_what_cannot_be_locked() -> None:
    with pytest.raises(TypeError) as raised:
        paramrules.lock(["vit.rules"])  # type: ignore[arg-type]
    assert str(raised.value) == (
        "write `paramrules.lock({name: assignment})`, with what `paramrules.assign` returns; "
        "the argument is a `list`"
    )
    with pytest.raises(TypeError) as raised:
        paramrules.lock({"vit": "vit.rules"})  # type: ignore[dict-item]
    assert str(raised.value) == "a `str` is not what `paramrules.assign` returns"


def test_a_section_that_is_not_there() -> None:
    lock = paramrules.lock(
        {"vit.json": paramrules.assign(paramrules.parse("all: else"), inventory_of(["a"]))}
    )
    with pytest.raises(paramrules.RulesError) as raised:
        lock["vot.json"]
    assert str(raised.value) == (
        "\nerror[E907]: the lock has no model `vot.json`\n  = help: did you mean `vit.json`?"
    )
    with pytest.raises(paramrules.RulesError) as raised:
        lock["net"]
    assert "help: its models: `vit.json`" in str(raised.value)

"""A lock reads back as what was written: names in order, shapes, ties, labels, settings, frozen, stacks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle.models import models
from oracle.strategies import rule_files
from support import calls, examples, golden_rows, inventory_of

import paramrules
from paramrules.assignment.grouping import Slot
from paramrules.inventories.parameter import Layer
from paramrules.locks import Lock, LockedModel, parse_lock
from paramrules.locks.locked import LockedAxis

ROOT = Path(__file__).parents[2]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.json"))
SAVED = sorted([*(ROOT / "docs" / "models").glob("*.json"), *(ROOT / "tests" / "parity").rglob("*.json")])
RULES = {
    "decay": "no_decay: name ~ bias|norm or ndim <= 1\ndecay: else\n",
    "layers": (
        "option rate = 0.75\n"
        "let block = name ~ (?:block|blocks|layer|layers|h|encoderblock|stages)[._]?(?<i>\\d+)[._]\n"
        "[decay]\nno_decay: ndim <= 1\n"
        "[lr]\nblock_{i+1}: block -> lr_scale = 0.1 * rate ** (count(block) - i)\nrest: else\n"
    ),
    "sizes": "wide: ndim == 2 -> lr_scale = 256 / size, betas = (0.9, 0.95)\nrest: else\n",
}


def exactly(lock: Lock) -> str:
    """Everything in a lock, with `1`, `1.0` and `true` apart."""
    return repr([vars(model) | {"groups": model.groups, "frozen": sorted(model.frozen)} for model in lock])


def check(lock: Lock) -> None:
    again = parse_lock(lock.text)
    assert exactly(again) == exactly(lock)
    assert again.text == lock.text


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("path", GOLDEN + SAVED, ids=lambda path: path.stem)
def test_real_models(path: Path, rules: str) -> None:
    data = json.loads(path.read_text("utf-8"))
    if "parameters" not in data:
        pytest.skip("a file about a pair of models")
    saved = "paramrules_inventory" in data
    inventory = paramrules.Inventory.load(path) if saved else inventory_of(golden_rows(data))
    assignment = paramrules.assign(paramrules.parse(rules), inventory)
    lock = paramrules.lock({path.name: assignment})
    check(lock)
    section = parse_lock(lock.text)[path.name]
    assert section.groups == assignment.groups
    assert list(section.names) == list(inventory.names[: len(inventory)])
    assert section.shapes == list(map(tuple, inventory.column("shape")))


@settings(max_examples=examples(60))
@given(models(), rule_files())
def test_generated_rules_on_generated_models(rows: list[dict[str, Any]], text: str) -> None:
    try:
        assignment = paramrules.examine(paramrules.parse(text), inventory_of(rows))
    except paramrules.RulesError:
        return
    lock = paramrules.lock(assignment)
    check(lock)
    assert parse_lock(lock.text)["model"].groups == assignment.groups


WORDS = [
    "blocks",
    "norm",
    "w1",
    "w2",
    "w3",
    "x007",
    "0",
    "1",
    "2",
    "3",
    "4",
    "10",
    "11",
    "layer_0",
    "layer_1",
]
HARD = [
    "",
    "a b",
    'q"t',
    "b{i}",
    "50%",
    "%d",
    "é",
    "\u202e",
    "a\nb",
    "0..3",
    "#",
    "end",
    "<<<<<<<",
    "\\",
    "1000000000",
]
COMPONENTS = (
    st.sampled_from(WORDS) | st.sampled_from(HARD) | st.text(max_size=3).map(lambda t: t.replace(".", ""))
)
NAMES = st.lists(
    st.lists(COMPONENTS, min_size=1, max_size=4).map(".".join)
    | st.sampled_from([f"l_{n}.w" for n in sorted(range(13), key=str)])
    | st.tuples(
        st.sampled_from(["a.", "stages.0.blocks.", "h_", ""]),
        st.integers(0, 12),
        st.sampled_from(["", ".w", ".w1", "_x.b"]),
    ).map(lambda parts: "".join(map(str, parts))),
    min_size=1,
    max_size=30,
    unique=True,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)
SCALES = st.floats(-1e150, 1e150) | st.integers(-(2**31), 2**31)
"""Numbers whose products are in range: scales of several axes are multiplied."""
SCALARS = NUMBERS | st.text(max_size=4) | st.booleans() | st.none()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
SETTINGS = st.fixed_dictionaries({}, optional={"lr_scale": SCALES, "betas": VALUES, "tag": VALUES})


@st.composite
def slots(draw: st.DrawFn) -> tuple[Slot, ...]:
    """The labels of an axis: some that count up with powers of a rate, some with any settings."""
    found = []
    if draw(st.booleans()):
        first, count = draw(st.integers(0, 3)), draw(st.integers(1, 8))
        rate = draw(st.sampled_from([0.75, 0.9, 0.65, 1e-5, 1.5, 0.3333333333333333]))
        factor, sign = draw(st.sampled_from([1, 0.1, 3e-4])), draw(st.sampled_from([1, -1]))
        wrong = draw(st.integers(0, 12))
        for n in range(count):
            exponent = n if sign > 0 else count - n
            scale = rate**exponent if factor == 1 else factor * rate**exponent
            given: dict[str, Any] = {"lr_scale": 0.123 if n == wrong else scale}
            found.append(Slot(f"b_{first + n}", f"b_{first + n}", given))
    for label in draw(st.lists(st.sampled_from(["decay", "b_7", "s1", "s2", "s3", "default"]), unique=True)):
        several = draw(st.lists(SETTINGS, min_size=1, max_size=3))
        for n, given in enumerate(several, 1):
            name = f"{label}#{n}" if len(several) > 1 else label
            found.append(Slot(label, name, given))
    return tuple({slot.name: slot for slot in found}.values()) or (Slot("all", "all", {}),)


@st.composite
def locked_models(draw: st.DrawFn) -> LockedModel:
    """A section of any shape, whether or not rules could make it."""
    names = draw(NAMES)
    axes = tuple(LockedAxis(f"axis{n}", draw(slots())) for n in range(draw(st.integers(1, 2))))
    some = st.sampled_from(range(len(names)))
    ties = {n: (f"tied.{n}", f"é.{n}.{{i}}") for n in sorted(draw(st.sets(some, max_size=3)))}
    stacks = {
        n: Layer(draw(st.sampled_from(["h.w", "h.{i}.w"])), (0,), (n,))
        for n in sorted(draw(st.sets(some, max_size=5)))
    }
    by_place = draw(st.booleans())
    labels = [
        tuple(
            n % len(axis.slots) if by_place else draw(st.sampled_from(range(len(axis.slots))))
            for axis in axes
        )
        for n in range(len(names))
    ]
    return LockedModel(
        model=draw(st.sampled_from(["vit.json", "m:make('tiny', depth=2)", ' odd"\n', '"'])),
        rules="vit.rules",
        framework="torch",
        versions=draw(st.sampled_from([{}, {"torch": "2.9.0+cpu", "timm": "1.0"}])),
        options=draw(
            st.dictionaries(st.sampled_from(["rate", "flag"]), SCALARS.filter(lambda v: v is not None))
        ),
        axes=axes,
        names=names,
        shapes=[draw(st.sampled_from([(), (4,), (4, 8), (0, 1, 2)])) for _ in names],
        labels=labels,
        frozen=frozenset(draw(st.sets(some))),
        ties=ties,
        stacks=stacks,
    )


@pytest.mark.generated
@settings(max_examples=examples(150))
@given(locked_models())
def test_generated_sections(model: LockedModel) -> None:
    try:
        assert model.groups
    except paramrules.RulesError:  # a product of scales that is no number
        assume(False)
    check(Lock((model,)))


def test_several_models_and_versions() -> None:
    section = paramrules.lock(
        paramrules.assign(paramrules.parse(RULES["decay"]), inventory_of(["a.w"]))
    ).models[0]
    section = replace(section, versions={})
    both = Lock((section, replace(section, model="other", versions={"torch": "2.9"})))
    check(both)
    assert [model.versions for model in parse_lock(both.text)] == [{}, {"torch": "2.9"}]


def mixture(layers: int, experts: int) -> paramrules.Assignment:
    """A mixture of experts whose every layer has a label."""
    rows = [
        {"name": f"blocks.{i}.mlp.experts.{e}.w{n}.weight", "shape": [64, 64]}
        for i in range(layers)
        for e in range(experts)
        for n in (1, 2, 3)
    ]
    rules = paramrules.parse(
        "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\n"
        "block_{i+1}: block -> lr_scale = 0.9 ** (count(block) - i)\n"
    )
    return paramrules.assign(rules, inventory_of(rows))


def test_a_large_model_takes_few_lines_and_steps_in_proportion() -> None:
    small, large = mixture(10, 20), mixture(10, 200)
    lock = paramrules.lock(large)
    check(lock)
    assert lock.text.partition("\n\n[]\n")[2].splitlines() == [
        "block_1..10: lr_scale = 0.9 ** (11 - i)",
        "",
        "parameters",
        "blocks.0..9.mlp.experts.0..199.w1..3.weight  (64, 64)  block_{i+1}",
        "end 6000 tensors",
    ]
    steps = [calls(lambda a=a: paramrules.lock(a).text) for a in (small, large)]  # type: ignore[misc]
    assert steps[1] < 11 * steps[0]
    texts = [paramrules.lock(a).text for a in (small, large)]
    steps = [calls(lambda text=text: parse_lock(text)) for text in texts]  # type: ignore[misc]
    assert steps[1] < 11 * steps[0]


def test_labels_that_count_in_no_way_take_steps_in_proportion() -> None:
    def steps(count: int) -> int:
        rows = [
            {"name": f"h.{n}.w", "shape": [4], "attributes": {"m": (n * 7919) % 1009 + 0.5}}
            for n in range(count)
        ]
        rules = paramrules.parse("h_{i}: name ~ ^h\\.(?<i>\\d+) -> lr_scale = attr(m)\n")
        assignment = paramrules.assign(rules, inventory_of(rows))
        return calls(lambda: paramrules.lock(assignment).text)

    assert steps(800) < 9 * steps(100)

"""Whatever code made of a model, the inferred file gives the same; and the tests hold what rules hold."""

import random
from typing import Any

import pytest
from grouped_models import LINEAR, NORM, gpt, grouping, staged, vit
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from oracle.models import marks, models
from oracle.strategies import rule_files
from support import examples, inventory_of

from paramrules.assignment import examine
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import Values
from paramrules.diagnostics import RulesError
from paramrules.inference import Grouping, differences, infer
from paramrules.inference.atoms import atoms_of
from paramrules.inference.indexes import indexes_of
from paramrules.inference.kinds import Kinds, general_keys
from paramrules.inference.space import Space, bits_of, mask_of
from paramrules.rules import parse

MODELS = {"vit": vit(3, 4), "gpt": gpt(2, 4), "staged": staged((1, 2, 1), 4)}

CLASSES: list[dict[str, Any]] = [
    {"weight_decay": 0.0},
    {"weight_decay": 0.1},
    {"lr_scale": 0.5, "weight_decay": 0.1},
    {"lr": 1e-3, "betas": (0.9, 0.95)},
    {"optimizer": "muon", "lr": 0.02},
    {"freeze": True},
    {"skip": True},
    {},
]

VALUES = st.sampled_from([*CLASSES, None])


def by_words(row: dict[str, Any], picked: dict[str, Any], fallback: Any) -> Any:
    return next((value for word, value in picked.items() if word in row["name"]), fallback)


WORDS = st.sampled_from(["norm", "bias", "attn", "mlp", "blocks.1.", "h.0.", "head", "weight", "fc1", "0"])


@given(
    model=st.sampled_from(sorted(MODELS)),
    picked=st.dictionaries(WORDS, VALUES, max_size=4),
    fallback=st.sampled_from(CLASSES),
)
@settings(max_examples=examples(12), deadline=None)
def test_groups_by_name_are_reproduced(model: str, picked: dict[str, Any], fallback: Any) -> None:
    made = grouping(MODELS[model], lambda row: by_words(row, picked, fallback))
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()
    assert differences(parse(found.text), made, found.base) == ()


@given(st.randoms(use_true_random=False), st.integers(2, 3))
@settings(max_examples=examples(3), deadline=None)
def test_groups_without_any_reason_are_reproduced(coin: random.Random, count: int) -> None:
    rows = MODELS["vit"]
    made = grouping(rows, lambda _: coin.choice(CLASSES[:count]))
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()


@given(text=rule_files(), model=models(), modules=marks())
@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck), deadline=None)
def test_what_any_rule_file_gives_is_reproduced(text: str, model: Any, modules: Any) -> None:
    inventory = inventory_of(model, modules=modules)
    try:
        assignment = examine(parse(text), inventory)
    except RulesError:
        event("no groups")
        return
    trained = zip(assignment.group_numbers, inventory.column("trainable"), strict=False)
    given = (assignment.groups[number].settings if is_trained else None for number, is_trained in trained)
    made = Grouping("drawn", inventory, tuple(given))
    if any(each is not None for each in made.settings):
        found = infer([made])
        assert differences(found.rules, made, found.base) == ()


ODD = ["a-b", "x y", 'q"t', "ü", "a/b", "~", "in", "not", "default", "no_decay", "i", "0", "10", "rate"]
ODD += ["depth", "a'b", "c\"d'e", "p->q", "h#", "f(x)", "[z]", "tab\t", "$", "^", "{k}", "else", "²"]
NAMES = st.lists(st.sampled_from(ODD), min_size=1, max_size=4).map(".".join)


@given(
    st.lists(NAMES, min_size=2, max_size=20, unique=True),
    st.randoms(use_true_random=False),
)
@settings(max_examples=examples(12), deadline=None)
def test_odd_names_are_quoted(names: list[str], coin: random.Random) -> None:
    rows = [{"name": name, "shape": [2] * coin.randrange(3), "owner": LINEAR} for name in names]
    values = [{"tag": "x"}, {"tag": 'say "hi"'}, {"tag": "it's", "betas": (0.9,)}]
    made = grouping(rows, lambda _: coin.choice(values))
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("single", [False, True])
def test_tests_and_their_negations_hold_for_what_rules_say(model: str, single: bool) -> None:
    """The masks are those of the real evaluator, ties included."""
    inventory = inventory_of(MODELS[model])
    space = Space([Grouping(model, inventory, (None,) * len(inventory))])
    keys = general_keys(space)
    indexes = indexes_of(space)
    key = (lambda e: (space.names[e],)) if single else (lambda e: keys[e])
    kinds = Kinds(space, key, single=single)
    atoms = [atom for atom in atoms_of(space, kinds, indexes) if atom.index is None]
    assert len(atoms) > 40
    rules = [f"let t{n} = {atom.text}\nlet n{n} = {atom.negation}" for n, atom in enumerate(atoms)]
    lets = parse("\n".join([*rules, "all: else"])).lets
    facts = Facts(inventory)
    evaluator = Evaluator(facts, Values(facts, {}))
    everything = list(range(len(facts.names)))
    for n, atom in enumerate(atoms):
        for name, mask in ((f"t{n}", atom.mask), (f"n{n}", kinds.without(atom.mask))):
            predicate: Any = lets[name]
            held = set(evaluator.holds(predicate, everything))
            expected = {entry for kind in bits_of(mask) for entry in kinds.entries[kind]}
            assert held == expected, (name, atom.text)


def test_masks() -> None:
    assert mask_of([]) == 0
    assert mask_of([True, False, True]) == 0b101
    assert list(bits_of(0b101)) == [0, 2]


def test_norms_of_a_tied_parameter() -> None:
    """A test that holds under one name of a parameter takes it, and its negation does not."""
    rows = [{"name": "a", "owner": LINEAR, "also": [{"name": "b", "owner": NORM}]}, {"name": "c"}]
    space = Space([Grouping("tied", inventory_of(rows), ({}, {}))])
    kinds = Kinds(space, lambda entry: (space.names[entry],))
    assert (kinds.taken(0b100), kinds.without(0b100)) == (0b101, 0b010)

"""The reasons of differences: those of one kind have the same clauses, for drawn rules and facts."""

from dataclasses import asdict

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import examples, inventory_of

import paramrules

TESTS = st.sampled_from(
    [
        "role == bias",
        "type(LayerNorm)",
        "attr(mark)",
        "attr(mark) > 1",
        "not trainable",
        "fan_in > 8",
        "shape[0] > fan_out",
        r"name ~ \.[02]\.",
        r"index(name ~ h\.(\d+)\.) == 1 and dtype == bfloat16",
        'leaf == "weight"',
    ]
)
PREDICATES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"({' or '.join(some)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"({' and '.join(some)})"),
        inner.map("not ({})".format),
    ),
    max_leaves=5,
)
FACTS = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["bias", "weight"]),
        "owner": st.sampled_from(
            ["torch.nn.modules.normalization.LayerNorm", "torch.nn.modules.linear.Linear"]
        ),
        "attributes": st.sampled_from([{}, {"mark": 0}, {"mark": 2}]),
        "trainable": st.booleans(),
        "fan_in": st.sampled_from([4, 16]),
        "fan_out": st.sampled_from([2, 16]),
        "dtype": st.sampled_from(["float32", "bfloat16"]),
    }
)
NAMES = [f"h.{layer}.{leaf}" for layer in range(4) for leaf in ("a.weight", "b.weight", "scale")]
MODELS = st.lists(FACTS, min_size=len(NAMES), max_size=len(NAMES))


@settings(max_examples=examples(150))
@given(first=PREDICATES, second=PREDICATES, one=MODELS, other=MODELS)
def test_a_finding_counts_what_the_same_clauses_decide(first, second, one, other) -> None:
    """It names the first of these differences too."""
    try:
        rules = paramrules.parse(f"a?: {first}\nb?: {second}\nc?: else\n", "a.rules")
    except paramrules.RulesError:
        assume(False)  # a rule that can never win
    models = [
        inventory_of([{"name": name, "shape": (8,), **facts} for name, facts in zip(NAMES, of, strict=True)])
        for of in (one, other)
    ]
    found = paramrules.parity(rules, *models)
    alike: dict[str, list[str]] = {}
    for each in found.differences:
        deciding = [
            (one.rule.span, one.clause and one.clause.predicate.span, one.held) for one in each.reasons
        ]
        alike.setdefault(str(deciding), []).append(each.a)
    told = [finding.message for finding in found.findings if finding.code == "E801"]
    assert len(told) == len(alike)
    for message, names in zip(told, alike.values(), strict=True):
        assert message.startswith(f"`{names[0]}` is in ")
        assert message.endswith(f" (and {len(names) - 1} more)") is (len(names) > 1)


def test_a_difference_as_a_dict_copies_no_assignment() -> None:
    model = inventory_of([{"name": "w", "shape": (8,)}]), inventory_of([{"name": "w", "shape": (8, 1)}])
    found = paramrules.parity(paramrules.parse("a: ndim == 1\nb: else\n"), *model)
    (difference,) = found.differences
    copied = asdict(difference)
    assert {key: copied[key] for key in ("a", "b", "axis", "labels")} == {
        "a": "w",
        "b": "w",
        "axis": "",
        "labels": ("a", "b"),
    }
    assert copied["_parting"] is difference._parting

"""`Assignment.matching`: what a predicate of the rules holds for."""

from support import inventory_of

import paramrules

ROWS = [
    {"name": "h.0.weight", "shape": [2, 2], "also": [{"name": "head.weight"}]},
    {"name": "h.0.bias", "shape": [2]},
    {"name": "h.1.weight", "shape": [2, 2]},
]


def test_the_parameters_of_a_predicate_come_in_their_order_and_once() -> None:
    rules = paramrules.parse(
        "let weights = leaf == 'weight'\nlet none_ = tied and ndim > 2\na: tied\nb: else\n"
    )
    assignment = paramrules.assign(rules, inventory_of(ROWS))
    assert assignment.matching(rules.lets["weights"]) == (0, 2)
    assert assignment.matching(rules.lets["none_"]) == ()
    predicate = rules.axes[0].rules[0].predicate
    assert predicate is not None
    assert assignment.matching(predicate) == (0,)

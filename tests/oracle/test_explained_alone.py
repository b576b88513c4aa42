"""A parameter explained from what stands beside it is explained as from the whole model."""

from typing import Any

from hypothesis import HealthCheck, assume, given, reject, settings
from oracle.models import models
from oracle.strategies import rule_files
from oracle.test_against_naive import parsed
from support import examples, inventory_of

import paramrules
from paramrules.diagnostics import RulesError
from paramrules.inventories import Inventory

LINEAR = ["torch.nn.modules.linear.Linear", "torch.nn.modules.module.Module"]
NORMED = ("proj.weight.original0", "proj.weight.original1", "proj.bias", "proj.deep.bias", "bias")


def saved(rows: list[dict[str, Any]]) -> Inventory:
    """An inventory as from a file."""
    return Inventory.from_json(inventory_of(rows).to_json())


def ask(inventory: Inventory) -> None:
    """Ask so often that the inventory answers from what is known of all."""
    for _ in range(50):
        inventory.index(inventory.names[0])
    assert inventory.beside(0)[0] is inventory


def explained(assignment: paramrules.Assignment, names: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in names:
        try:
            explanation = assignment.explain(name)
            found[name] = explanation, str(explanation), explanation.facts()
        except RulesError as error:
            found[name] = list(map(str, error.diagnostics))
    return found


@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(text=rule_files(), model=models())
def test_an_explanation_alone_is_that_of_the_whole(text: str, model: list[dict[str, Any]]) -> None:
    rules = parsed(text)
    assume(rules is not None)
    inventory = saved(model)
    try:
        assignment = paramrules.examine(rules, inventory)
    except RulesError:
        reject()
    names = [*inventory.names[:4], *inventory.names[-4:]]
    alone = explained(assignment, names)
    ask(inventory)
    assert alone == explained(assignment, names)


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(model=models())
def test_a_row_alone_is_that_of_the_whole(model: list[dict[str, Any]]) -> None:
    inventory = saved(model)
    alone = [inventory[name] for name in inventory.names]
    ask(inventory)
    assert alone == [inventory[name] for name in inventory.names]


def test_the_weight_of_a_layer_is_found_under_its_parametrization() -> None:
    rows = [{"name": name, "owner": LINEAR, "shape": [4, 8][: 1 + name.endswith("1")]} for name in NORMED]
    rows[1] |= {"fan_in": 8, "fan_out": 4}
    inventory = saved(rows)
    alone = [inventory[name] for name in NORMED]
    ask(inventory)
    assert [row.layer_fan_in for row in alone] == [8, 8, 8, None, None]
    assert alone == [inventory[name] for name in NORMED]


def test_what_has_no_file_answers_from_the_whole() -> None:
    class Renamed(Inventory):
        """An inventory that may answer in its own way."""

    live, file = inventory_of([{"name": "a.weight", "owner": LINEAR}]), saved([{"name": "a.weight"}])
    own = Renamed("torch", file.names, file.owners, file._columns)
    assert live.beside(0)[0] is live
    assert own.beside(0)[0] is own
    assert file.beside(0)[0] is not file

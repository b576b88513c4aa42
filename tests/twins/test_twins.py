"""One rule file groups two models of one architecture alike, whatever they call their parameters."""

from typing import Any

import partners
import pytest
from click.testing import CliRunner
from table import README, with_table
from twins import ALL, TWINS, Twin, compared, inventory, shown, unmapped

from paramrules.cli import main

TWICE = {"speech": {f"no_decay/lstm_{layer}": 4 * 512 for layer in range(4)}}
"""Parameters of the torch model that its twins lack: torch's LSTM adds two biases where one would do."""

PARTNERS = {"t5": partners.T5, "bert": partners.BERT, "resnet": partners.RESNET}

TOLD = ("speech", "mixtral")
"""The twins that need their mapping: LSTMs and experts are stored in other tensors."""

OWN_TABLES = ("relpos_bias.rel_embedding", "decoder.positions")

each = pytest.mark.parametrize("twin", ALL, ids=lambda twin: twin.name)


@each
def test_both_models_have_the_same_groups(twin: Twin) -> None:
    torch, jax = shown(twin)["models"]
    assert (torch["framework"], jax["framework"], shown(twin)["findings"]) == ("torch", twin.framework, [])
    for model in (torch, jax):
        assert (model["dead"], model["left"]) == ([], {"decay": [], "lr": []})

    def told(model: dict[str, Any], more: dict[str, int]) -> list[tuple[str, dict[str, Any], int]]:
        return [
            (group["label"], group["settings"], group["parameters"] - more.get(group["label"], 0))
            for group in model["groups"]
        ]

    assert told(torch, TWICE.get(twin.folder, {})) == told(jax, {})


@each
def test_every_parameter_is_where_its_partner_is(twin: Twin) -> None:
    found = compared(twin)
    assert (found["same"], found["differences"], found["unpaired"]) == (True, [], [[], []])
    for side, name in enumerate("ab"):
        paired = [parameter for pair in found["pairs"] for parameter in pair[name]]
        frozen = shown(twin)["models"][side]["frozen"]  # need no partner
        assert len(paired) == len(set(paired)) == found["models"][side]["tensors"] - len(frozen)


@each
def test_roles_fans_and_shapes_are_the_same(twin: Twin) -> None:
    """But for tables that a model keeps itself, in no `Embed`: nobody can know what these are for."""
    torch, jax = inventory(twin.torch), inventory(twin.jax)
    pairs = [(*pair["a"], *pair["b"]) for pair in compared(twin)["pairs"]]
    for a, b in (pair for pair in pairs if len(pair) == 2 and not pair[1].endswith(OWN_TABLES)):
        one, other = torch[a], jax[b]
        assert (one.role, one.fan_in, one.fan_out) == (other.role, other.fan_in, other.fan_out), (a, b)
        assert sorted(one.shape) == sorted(other.shape), (a, b)


@pytest.mark.parametrize(
    "twin", [twin for twin in ALL if twin.folder in PARTNERS], ids=lambda twin: twin.name
)
def test_parity_pairs_as_one_who_knows_both(twin: Twin) -> None:
    pairs = {pair["a"][0]: pair["b"] for pair in compared(twin)["pairs"]}
    assert pairs == {name: [partners.partner(name, PARTNERS[twin.folder])] for name in pairs}


def test_the_table_says_what_is() -> None:
    page = README.read_text("utf-8")
    assert with_table(page) == page


def test_the_rules_are_portable() -> None:
    ran = CliRunner().invoke(main, ["check", "--portable", *map(str, sorted(TWINS.glob("*/*.rules")))])
    assert (ran.exit_code, ran.output) == (0, f"{len({twin.rules for twin in ALL})} files: no findings\n")


@pytest.mark.parametrize("twin", [twin for twin in ALL if twin.mapping], ids=lambda twin: twin.name)
def test_what_is_found_without_a_mapping_is_what_the_mapping_says(twin: Twin) -> None:
    told = {(frozenset(pair["a"]), frozenset(pair["b"])) for pair in compared(twin)["pairs"]}
    found = {(frozenset(pair.a), frozenset(pair.b)) for pair in unmapped(twin).pairs}
    assert found <= told
    if twin.folder not in TOLD:
        assert found == told

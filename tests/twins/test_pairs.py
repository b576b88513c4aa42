"""Parity pairs the parameters of real twins as one would who knows both models, however they name them."""

import partners
import pytest
from twins import TWINS, ask


@pytest.mark.parametrize(
    ("rules", "torch", "jax", "rewriting"),
    [
        ("t5/t5.rules", "t5/t5_torch.py:make", "t5/t5_linen.py:make", partners.T5),
        ("bert/bert.rules", "bert/bert_torch.py:make", "bert/bert_equinox.py:make", partners.BERT),
        ("resnet/resnet.rules", "resnet/resnet50_timm.json", "resnet/resnet_haiku.py:make", partners.RESNET),
    ],
    ids=["t5", "bert", "resnet"],
)
def test_every_parameter_finds_its_partner(
    rules: str, torch: str, jax: str, rewriting: partners.Rewriting
) -> None:
    found = ask("parity", *(str(TWINS / rules), "--model", str(TWINS / torch), "--model", str(TWINS / jax)))
    assert (found["same"], found["unpaired"]) == (True, [[], []])
    pairs = {pair["a"][0]: pair["b"] for pair in found["pairs"]}
    assert pairs == {name: [partners.partner(name, rewriting)] for name in pairs}
    assert len(pairs) == found["models"][0]["tensors"]

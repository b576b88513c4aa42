"""Keys of the user's own in groups, and the name by which loggers call a group."""

from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups
from torch import nn

import paramrules
from paramrules import RulesError, RulesWarning

BOTH = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
TEXT = 'm: ndim == 2 -> optimizer = "muon", WD_exclude = true, rank = 4\nrest: else -> name = "others"'


def built(text: str, optimizer: Any = torch.optim.AdamW, **how: Any) -> torch.optim.Optimizer:
    model = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
    return build(model, paramrules.parse(text, "m.rules"), optimizer, lr=1e-3, **how)


def test_marks_stand_in_the_groups_of_one_optimizer_or_several() -> None:
    optimizer = built(TEXT, BOTH, marks=["WD_exclude", "rank"])
    first, second = optimizer.param_groups
    assert (first["WD_exclude"], first["rank"], first["name"]) == (True, 4, "m")
    assert ("WD_exclude" in second, second["name"], second["label"]) == (False, "others", "rest")
    optimizer = built("m: ndim == 2 -> is_last_layer = true\nrest: else", marks=("is_last_layer",))
    assert [group.get("is_last_layer") for group in optimizer.param_groups] == [True, None]
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["is_last_layer"] is True


def test_a_key_that_is_neither_a_setting_nor_a_mark() -> None:
    with pytest.raises(RulesError) as raised:
        built(TEXT, BOTH, marks=["WD_exclude"])
    assert (
        str(raised.value)
        == """
error[E611]: `muon` has no setting `rank`, which the group `m` sets
  --> m.rules:1:56
   |
 1 | m: ndim == 2 -> optimizer = "muon", WD_exclude = true, rank = 4
   |                                                        ^^^^
   = help: it takes `lr`, `weight_decay`, `momentum`, `nesterov`, \
`ns_coefficients`, `eps`, `ns_steps` and `adjust_lr_fn`"""
    )
    with pytest.raises(
        RulesError, match=r'help: if it is a mark of your own, pass `marks=\["is_last_layer"\]`'
    ):
        built("m: ndim == 2 -> is_last_layer = true\nrest: else")
    with (
        pytest.warns(RulesWarning, match="W327"),
        pytest.raises(
            RulesError,
            match=r'did you mean `lr_scale = ...`\? if it is a mark of your own, pass `marks=\["lr_mult"\]`',
        ),
    ):
        built("m: ndim == 2 -> lr_mult = 10\nrest: else")


@pytest.mark.parametrize(
    ("marks", "error", "text"),
    [
        ("name", TypeError, "`marks` is 'name' and should be a list of keys, as `marks=[\"is_last_layer\"]`"),
        ([3], TypeError, '`marks` is [3] and should be a list of keys, as `marks=["is_last_layer"]`'),
        (True, TypeError, '`marks` is True and should be a list of keys, as `marks=["is_last_layer"]`'),
        (["lr"], ValueError, "`lr` cannot be a mark of your own: it means something to every backend"),
        (["label"], ValueError, "`label` cannot be a mark of your own: it means something to every backend"),
    ],
)
def test_what_cannot_be_a_mark(marks: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        built(TEXT, BOTH, marks=marks)
    assert str(raised.value) == text


def test_groups_have_their_label_for_a_name_unless_rules_say_otherwise() -> None:
    model = nn.Linear(2, 2)
    rules = paramrules.parse('a: ndim == 1 -> name = "vectors"\nb: else')
    assert [(g["label"], g["name"]) for g in param_groups(model, rules)] == [("a", "vectors"), ("b", "b")]
    assert [sorted(g) for g in param_groups(model, paramrules.parse("a: else"), plain=True)] == [["params"]]
    assert [
        g["name"] for g in param_groups(model, paramrules.parse("a: ndim == 1\nb: else"), merge=True)
    ] == ["a+b"]

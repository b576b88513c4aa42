"""Attributes that rules set on parameters, for engines that read them there."""

from typing import Any

import pytest
import torch
from paramrules_torch import mark
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

import paramrules
from paramrules import RulesError, RulesWarning

RULES = paramrules.parse("""
[optimizer]
muon: type(Linear) and ndim == 2 -> optimizer = "muon"
rest: else
[lr]
slow: ndim == 1 -> lr_scale = 0.1
same: else
""")


def use_muon(group: paramrules.Group) -> bool:
    return group.settings.get("optimizer") == "muon"


def net() -> nn.Sequential:
    return nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.Linear(4, 5))


def marks_of(model: nn.Module, name: str) -> dict[str, Any]:
    return {key: getattr(tensor, name) for key, tensor in model.named_parameters() if hasattr(tensor, name)}


def test_marks_by_settings_and_labels() -> None:
    model = net()
    mark(
        model,
        RULES,
        {
            "use_muon": use_muon,
            "lr_mult": lambda group: group.settings.get("lr_scale"),
            "axis": lambda group: group.labels[1],
        },
    )
    matrices = {"1.weight", "2.weight"}
    # DeepSpeed wants True or False on every parameter
    assert marks_of(model, "use_muon") == {name: name in matrices for name, _ in model.named_parameters()}
    assert marks_of(model, "lr_mult") == {"1.bias": 0.1, "2.bias": 0.1}
    assert marks_of(model, "axis")["0.weight"] == "same"


def test_a_second_call_replaces_the_marks_of_the_first() -> None:
    model = net()
    model[0].weight.lr_mult = 7  # type: ignore[union-attr]  # somebody else's
    mark(model, RULES, {"lr_mult": lambda group: group.settings.get("lr_scale"), "kept": lambda group: 1})
    rules = paramrules.parse("head: name ~ ^2 -> lr_scale = 3\nrest: else")
    mark(model, rules, {"lr_mult": lambda group: group.settings.get("lr_scale")})
    assert marks_of(model, "lr_mult") == {"2.weight": 3, "2.bias": 3}
    assert len(marks_of(model, "kept")) == 5


def test_frozen_tied_parametrized_and_wrapped() -> None:
    model = net()
    model[2].weight = model[0].weight
    weight_norm(model[1])
    frozen = paramrules.parse(
        "frozen: name ~ ^1 -> freeze = true\nskipped: name ~ ^2 -> skip = true\nrest: else"
    )
    mark(torch.compile(model, backend="eager"), frozen, {"label": lambda group: group.label})
    assert marks_of(model, "label") == {
        "0.weight": "skipped",  # its other name is `2.weight`
        "1.bias": "frozen",
        "1.parametrizations.weight.original0": "frozen",
        "1.parametrizations.weight.original1": "frozen",
        "2.bias": "skipped",
    }
    assert all(tensor.requires_grad for tensor in model.parameters())


def test_a_stage_of_a_pipeline() -> None:
    model = net()
    assignment = paramrules.assign(RULES, paramrules.inventory(model))
    stage = nn.Sequential()
    stage.add_module("2", net()[2])
    mark(stage, assignment, {"use_muon": use_muon}, part=True)
    assert marks_of(stage, "use_muon") == {"2.weight": True, "2.bias": False}


class Closed(nn.Parameter):
    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("closed")


def test_a_parameter_without_room() -> None:
    model = nn.Linear(2, 2, bias=False)
    model.weight = Closed(torch.ones(2, 2))
    with pytest.raises(RulesError) as raised:
        mark(model, paramrules.parse("all: else"), {"use_muon": use_muon})
    assert str(raised.value) == (
        "\nerror[E670]: `weight`, a `Closed`, does not take the attribute `use_muon`: closed\n"
        "  = help: choose another name, or let the parameter be a plain `torch.nn.Parameter`"
    )


@pytest.mark.parametrize(
    ("marks", "error", "said"),
    [
        (
            ["use_muon"],
            TypeError,
            "`marks` is ['use_muon'] and should be a mapping of attributes to functions, as ",
        ),
        (
            {"use_muon": 'optimizer == "muon"'},
            TypeError,
            "the mark `use_muon` is 'optimizer == \"muon\"' and should be a function of a group, as ",
        ),
    ],
)
def test_marks_that_are_not_functions(marks: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as raised:
        mark(net(), RULES, marks)
    example = '`{"use_muon": lambda group: group.settings.get("optimizer") == "muon"}`'
    assert str(raised.value) == said + example


@pytest.mark.parametrize("name", ["grad", "shape", "use muon", 3])
def test_names_that_cannot_be_marks(name: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot be a mark: it is not a name, or every tensor has it$"):
        mark(net(), RULES, {name: use_muon})


def test_findings_point_at_the_caller() -> None:
    with pytest.warns(RulesWarning, match=r"^W201: ") as caught:
        mark(net(), paramrules.parse("conv: ndim == 4\nrest: else"), {"use_muon": use_muon})
    assert caught[0].filename == __file__
